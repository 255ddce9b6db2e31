import { SCOPE_WORDS } from '../../limits/limit-words.ts'
import { SelectField } from '../../ui/field.tsx'
import type { GuardrailLevel } from '../../acts/guardrails/list-guardrail-levels.ts'

type Level = Pick<GuardrailLevel, 'scope' | 'scopeId' | 'name'>

const SCOPES = ['organization', 'team', 'member', 'key'] as const

interface LevelFieldProps {
  readonly label: string
  readonly levels: readonly Level[]
}

/** Whose requests: the widest first. */
export const LevelField = ({ label, levels }: LevelFieldProps) => (
  <SelectField label={label} name="level">
    {SCOPES.map((scope) => {
      const these = levels.filter((level) => level.scope === scope)
      return (
        these.length > 0 && (
          <optgroup key={scope} label={scope === 'organization' ? 'Organization' : `${SCOPE_WORDS[scope]}s`}>
            {these.map((level) => (
              <option key={level.scopeId} value={`${level.scope} ${level.scopeId}`}>
                {level.name}
              </option>
            ))}
          </optgroup>
        )
      )
    })}
  </SelectField>
)
