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

export const BaseUrlField = ({ fields, value }: { readonly fields: Faults; readonly value?: string }) => (
  <InputField
    label="Base URL"
    name="baseUrl"
    type="url"
    required
    placeholder="https://models.example.com/v1"
    hint="A public https address. Only this key is ever sent there, and the key nowhere else."
    defaultValue={value}
    error={fields?.['baseUrl']}
  />
)

export const LabelField = ({ fields, value }: { readonly fields: Faults; readonly value?: string }) => (
  <InputField
    label="Label"
    name="label"
    required
    maxLength={80}
    placeholder="Production account"
    defaultValue={value}
    error={fields?.['label']}
  />
)

export const PreferenceField = ({ value = 'prefer' }: { readonly value?: 'prefer' | 'only' }) => (
  <SelectField
    label="When this key cannot serve"
    name="preference"
    defaultValue={value}
    hint="Over Atpar’s account a call costs list price and draws on your budgets."
  >
    <option value="prefer">Go on over Atpar’s account</option>
    <option value="only">Refuse the call: never use Atpar’s account</option>
  </SelectField>
)
