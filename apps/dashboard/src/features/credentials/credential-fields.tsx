'use client'

import { useState } from 'react'
import { InputField, SelectField } from '../../ui/field.tsx'
import type { FormState } from '../../ui/form-state.ts'

type Faults = FormState['fields']

export const KeyField = ({ fields }: { readonly fields: Faults }) => (
  <InputField
    label="API key"
    name="apiKey"
    type="password"
    required
    autoComplete="off"
    spellCheck={false}
    maxLength={1_100}
    hint="Sealed before it is stored. Only the gateway can open it; nobody can read it back, here or in the API."
    error={fields?.['apiKey']}
  />
)

interface TypedFieldProps {
  readonly fields: Faults
  readonly value?: string
}

// Held in state: a form that was refused forgets what its inputs held, and everything but the key may be given back.
const useTyped = (value: string) => {
  const [typed, setTyped] = useState(value)
  return {
    value: typed,
    onChange: (event: { readonly target: { readonly value: string } }) => setTyped(event.target.value),
  }
}

export const BaseUrlField = ({ fields, value = '' }: TypedFieldProps) => (
  <InputField
    label="Base URL"
    name="baseUrl"
    type="url"
    required
    placeholder="https://models.example.com/v1"
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
