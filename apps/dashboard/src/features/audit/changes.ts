import type { JsonObject } from '@atpar/core/json'

export interface FieldChange {
  readonly field: string
  /** Null where the side has no such field. */
  readonly before: string | null
  readonly after: string | null
}

const shown = (side: JsonObject | undefined, field: string): string | null => {
  const value = side?.[field]
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What an act changed, field by field; what both sides say alike is left out. */
export const listChanges = (before: JsonObject | undefined, after: JsonObject | undefined): readonly FieldChange[] => {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return fields
    .map((field) => ({ field, before: shown(before, field), after: shown(after, field) }))
    .filter((change) => change.before !== change.after)
}

/** `key-revoked` → `Key revoked`. */
export const describeAction = (action: string): string => {
  const words = action.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The name of what was acted on, when the entry remembers one. */
export const findName = (before: JsonObject | undefined, after: JsonObject | undefined): string | null => {
  for (const side of [after, before])
    for (const field of ['name', 'email', 'label']) {
      const value = side?.[field]
      if (typeof value === 'string' && value !== '') return value
    }
  return null
}
