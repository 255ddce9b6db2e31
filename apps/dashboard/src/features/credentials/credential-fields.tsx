'use client'

import { InputField, SelectField, TextAreaField } from '../../ui/field.tsx'
import type { FormState } from '../../ui/form-state.ts'
import { useTyped } from '../../ui/use-typed.ts'
import type { CredentialForm, CredentialPart } from './queries.ts'

type Faults = FormState['fields']

interface SecretFieldsProps {
  readonly form: CredentialForm
  readonly fields: Faults
}

const SEALED = 'Sealed before it is stored. Only the gateway can open it; nobody can read it back, here or in the API.'

const KeyField = ({ form, fields }: SecretFieldsProps) =>
  form.isKeyFile ? (
    <TextAreaField
      label={form.keyLabel}
      name="apiKey"
      required
      rows={5}
      autoComplete="off"
      spellCheck={false}
      maxLength={10_000}
      placeholder={'{ "type": "service_account", … }'}
      hint={`The file as Google gave it, whole. ${SEALED}`}
      error={fields?.['apiKey']}
      className="font-mono text-xs"
    />
  ) : (
    <InputField
      label={form.keyLabel}
      name="apiKey"
      type="password"
      required
      autoComplete="off"
      spellCheck={false}
      maxLength={1_100}
      hint={SEALED}
      error={fields?.['apiKey']}
    />
  )

const PartField = ({ part, fields }: { readonly part: CredentialPart; readonly fields: Faults }) => {
  const typed = useTyped('')
  const common = {
    label: part.label,
    optional: part.isOptional,
    name: `part-${part.name}`,
    required: !part.isOptional,
    autoComplete: 'off',
    spellCheck: false,
    maxLength: 4_000,
    hint: part.hint,
    error: fields?.[part.name],
  }
  return part.isSecret ? (
    <InputField {...common} type="password" />
  ) : (
    <InputField {...common} placeholder={part.example} {...typed} />
  )
}

/** The key, and whatever else this provider's credential consists of: what names it first, what opens it last. */
export const SecretFields = ({ form, fields }: SecretFieldsProps) => {
  const [secret, plain] = [form.parts.filter((part) => part.isSecret), form.parts.filter((part) => !part.isSecret)]
  return (
    <>
      {plain.map((part) => (
        <PartField key={part.name} part={part} fields={fields} />
      ))}
      <KeyField form={form} fields={fields} />
      {secret.map((part) => (
        <PartField key={part.name} part={part} fields={fields} />
      ))}
    </>
  )
}

interface TypedFieldProps {
  readonly fields: Faults
  readonly value?: string
}

interface BaseUrlFieldProps extends TypedFieldProps {
  readonly example: string
}

export const BaseUrlField = ({ fields, value = '', example }: BaseUrlFieldProps) => (
  <InputField
    label="Base URL"
    name="baseUrl"
    type="url"
    required
    placeholder={example}
    hint="A public https address. Only this key is ever sent there, and the key nowhere else."
    error={fields?.['baseUrl']}
    {...useTyped(value)}
  />
)

export const LabelField = ({ fields, value = '' }: TypedFieldProps) => (
  <InputField
    label="Label"
    name="label"
    required
    maxLength={80}
    placeholder="Production account"
    error={fields?.['label']}
    {...useTyped(value)}
  />
)

export const PreferenceField = ({ value = 'prefer' }: { readonly value?: 'prefer' | 'only' }) => (
  <SelectField
    label="When this key cannot serve"
    name="preference"
    hint="Over Atpar’s account a call costs list price and draws on your budgets."
    {...useTyped(value)}
  >
    <option value="prefer">Go on over Atpar’s account</option>
    <option value="only">Refuse the call: never use Atpar’s account</option>
  </SelectField>
)
