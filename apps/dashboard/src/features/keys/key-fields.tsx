'use client'

import { ENDPOINTS, type Endpoint } from '@atpar/core/key-scope'
import { InputField } from '../../ui/field.tsx'
import type { FormState } from '../../ui/form-state.ts'

/** What a key's form starts from when it is changed. */
export interface TypedKey {
  readonly name: string
  readonly allowedModels: readonly string[]
  readonly allowedEndpoints: readonly string[]
  readonly allowedCidrs: readonly string[]
  readonly labels: readonly string[]
  readonly expiresAtMs: number | null
}

const ENDPOINT_WORDS: Readonly<Record<Endpoint, string>> = {
  'chat.completions': 'OpenAI Chat Completions',
  responses: 'OpenAI Responses',
  messages: 'Anthropic Messages',
  'generate-content': 'Gemini generateContent',
  completions: 'Completions (older models)',
  embeddings: 'Embeddings',
  'embed-content': 'Gemini embedContent',
  rerank: 'Rerank',
  moderations: 'Moderations',
  'images.generations': 'Image generation',
  'images.edits': 'Image edits',
  'audio.speech': 'Speech',
  'audio.transcriptions': 'Transcription',
  'audio.translations': 'Audio translation',
  realtime: 'Realtime',
}

export interface KeyFieldsProps {
  readonly fields: FormState['fields']
  readonly typed?: TypedKey
}

export const NameField = ({ fields, typed }: KeyFieldsProps) => (
  <InputField
    label="Name"
    name="name"
    required
    maxLength={80}
    placeholder="Checkout service"
    defaultValue={typed?.name}
    error={fields?.['name']}
  />
)

const EndpointFields = ({ typed }: Pick<KeyFieldsProps, 'typed'>) => (
  <fieldset className="sm:col-span-2">
    <legend className="text-[13px] font-medium">Endpoints</legend>
    <div className="mt-1.5 flex flex-wrap gap-x-5 gap-y-2">
      {ENDPOINTS.map((endpoint) => (
        <label key={endpoint} className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            name={`endpoint:${endpoint}`}
            defaultChecked={
              typed === undefined || typed.allowedEndpoints.length === 0 || typed.allowedEndpoints.includes(endpoint)
            }
            className="size-4 accent-accent"
          />
          {ENDPOINT_WORDS[endpoint]}
        </label>
      ))}
    </div>
  </fieldset>
)

/** What the key may be used for, from where and until when. */
export const ScopeFields = ({ fields, typed }: KeyFieldsProps) => (
  <div className="grid gap-4 sm:grid-cols-2">
    <div className="sm:col-span-2">
      <InputField
        label="Allowed models"
        name="allowedModels"
        optional
        placeholder="All models"
        hint="Names from the price list, separated by commas."
        defaultValue={typed?.allowedModels.join(', ')}
        error={fields?.['allowedModels']}
      />
    </div>
    <EndpointFields {...(typed === undefined ? {} : { typed })} />
    <InputField
      label="Allowed networks"
      name="allowedCidrs"
      optional
      placeholder="Anywhere"
      hint="Like 203.0.113.0/24."
      defaultValue={typed?.allowedCidrs.join(', ')}
      error={fields?.['allowedCidrs']}
    />
    <InputField
      label="Labels"
      name="labels"
      optional
      placeholder="intern, batch"
      hint="Tags on every request of the key."
      defaultValue={typed?.labels.join(', ')}
      error={fields?.['labels']}
    />
    <InputField
      label="Works until"
      name="expiresOn"
      type="date"
      optional
      hint="To the end of that day, UTC."
      defaultValue={
        typed === undefined || typed.expiresAtMs === null
          ? undefined
          : new Date(typed.expiresAtMs).toISOString().slice(0, 10)
      }
      error={fields?.['expiresAtMs']}
    />
  </div>
)
