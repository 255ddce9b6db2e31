'use client'

import { useState } from 'react'
import { InputField, SelectField, TextAreaField } from '../../ui/field.tsx'
import type { FormState } from '../../ui/form-state.ts'
import { useTyped } from '../../ui/use-typed.ts'

type Faults = FormState['fields']

const SEALED = 'Sealed before it is stored. Only the gateway can open it; nobody can read it back, here or in the API.'

export const NameFields = ({
  fields,
  name = '',
  label = '',
}: {
  readonly fields: Faults
  readonly name?: string
  readonly label?: string
}) => {
  const [typed, setTyped] = useState(name)
  return (
    <>
      <InputField
        label="Name"
        name="name"
        required
        maxLength={40}
        autoComplete="off"
        spellCheck={false}
        placeholder="house"
        hint={
          <>
            Callers name its models{' '}
            <code className="font-mono text-xs break-all">custom/{typed === '' ? 'house' : typed}/…</code>
          </>
        }
        error={fields?.['name']}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <InputField
        label="Label"
        name="label"
        required
        maxLength={80}
        placeholder="GPU box in the basement"
        error={fields?.['label']}
        {...useTyped(label)}
      />
    </>
  )
}

export const ShapeField = ({ fields }: { readonly fields: Faults }) => (
  <SelectField label="It speaks the format of" name="shape" error={fields?.['shape']} {...useTyped('openai-chat')}>
    <option value="openai-chat">OpenAI (chat completions)</option>
    <option value="anthropic-messages">Anthropic (messages)</option>
    <option value="gemini">Google (generateContent)</option>
  </SelectField>
)

export const SecretFields = ({
  fields,
  baseUrl = '',
  headerNames = [],
}: {
  readonly fields: Faults
  readonly baseUrl?: string
  readonly headerNames?: readonly string[]
}) => (
  <>
    <InputField
      label="Base URL"
      name="baseUrl"
      type="url"
      required
      placeholder="https://models.example.com/v1"
      hint="Everything before /chat/completions, /messages or /models. Redirects are not followed."
      error={fields?.['baseUrl']}
      {...useTyped(baseUrl)}
    />
    <InputField
      label="Key"
      optional
      name="apiKey"
      type="password"
      autoComplete="off"
      spellCheck={false}
      maxLength={1_000}
      hint={SEALED}
      error={fields?.['apiKey']}
    />
    <TextAreaField
      label="Headers"
      optional
      name="headers"
      rows={2}
      autoComplete="off"
      spellCheck={false}
      placeholder="X-Team: blue"
      hint={`One a line, as Name: value. Sealed like the key.${headerNames.length === 0 ? '' : ` Now sent: ${headerNames.join(', ')}; what you leave out here is sent no more.`}`}
      error={fields?.['headers']}
      className="font-mono text-xs"
    />
  </>
)

export interface TypedModel {
  readonly name: string
  readonly upstreamModel: string
  readonly task: 'chat' | 'embeddings'
  readonly reasoning: boolean
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  readonly inputUsdPerMillion: string | null
  readonly outputUsdPerMillion: string | null
}

const NO_MODEL: TypedModel = {
  name: '',
  upstreamModel: '',
  task: 'chat',
  reasoning: false,
  contextTokens: null,
  maxOutputTokens: null,
  inputUsdPerMillion: null,
  outputUsdPerMillion: null,
}

interface ModelFieldsProps {
  readonly fields: Faults
  readonly endpointName: string
  readonly takesEmbeddings: boolean
  /** Null for a new one. The name of a known one stays. */
  readonly known: TypedModel | null
}

export const ModelFields = ({ fields, endpointName, takesEmbeddings, known }: ModelFieldsProps) => {
  const model = known ?? NO_MODEL
  return (
    <>
      <InputField
        label="What the endpoint calls it"
        name="model.upstreamModel"
        required
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        placeholder="meta-llama/Llama-3.3-70B-Instruct"
        error={fields?.['model.upstreamModel']}
        {...useTyped(model.upstreamModel)}
      />
      {known === null ? (
        <NewName fields={fields} endpointName={endpointName} />
      ) : (
        <input type="hidden" name="model.name" value={known.name} />
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label="It does" name="task" error={fields?.['task']} {...useTyped(model.task)}>
          <option value="chat">Chat</option>
          {takesEmbeddings && <option value="embeddings">Embeddings</option>}
        </SelectField>
        <SelectField
          label="Thinks before it answers"
          name="reasoning"
          hint="It is given longer for its first word."
          {...useTyped(model.reasoning ? 'yes' : 'no')}
        >
          <option value="no">No</option>
          <option value="yes">Yes</option>
        </SelectField>
        <InputField
          label="Context"
          optional
          name="model.contextTokens"
          inputMode="numeric"
          suffix="tokens"
          error={fields?.['model.contextTokens']}
          {...useTyped(model.contextTokens?.toString() ?? '')}
        />
        <InputField
          label="Longest answer"
          optional
          name="model.maxOutputTokens"
          inputMode="numeric"
          suffix="tokens"
          error={fields?.['model.maxOutputTokens']}
          {...useTyped(model.maxOutputTokens?.toString() ?? '')}
        />
        <InputField
          label="Input costs you"
          optional
          name="model.inputUsdPerMillion"
          inputMode="decimal"
          prefix="$"
          suffix="/ M"
          error={fields?.['model.inputUsdPerMillion']}
          {...useTyped(model.inputUsdPerMillion ?? '')}
        />
        <InputField
          label="Output costs you"
          optional
          name="model.outputUsdPerMillion"
          inputMode="decimal"
          prefix="$"
          suffix="/ M"
          error={fields?.['model.outputUsdPerMillion']}
          {...useTyped(model.outputUsdPerMillion ?? '')}
        />
      </div>
      <p className="text-[13px] leading-snug text-muted">
        Your prices show in your usage and exports. Atpar bills nothing for these calls, and they draw on no budget in
        dollars; budgets in tokens and rate limits count them.
      </p>
    </>
  )
}

const NewName = ({ fields, endpointName }: { readonly fields: Faults; readonly endpointName: string }) => (
  <InputField
    label="What callers call it"
    name="model.name"
    required
    maxLength={80}
    autoComplete="off"
    spellCheck={false}
    placeholder="llama-3.3-70b"
    hint={
      <>
        Behind <code className="font-mono text-xs break-all">custom/{endpointName}/</code>
      </>
    }
    error={fields?.['model.name']}
    {...useTyped('')}
  />
)
