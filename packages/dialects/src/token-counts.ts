import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { UsageBucket, UsageUnits } from '@atpar/core/usage'

/** No request has this many tokens: such a count is a broken provider, and a broken count must not become a bill. */
const MAX_COUNT = 10_000_000_000

/** A count as reported; null = not reported (which is not 0); undefined = reported, but no count (negative, fractional, absurd). */
export const asCount = (value: JsonValue | undefined): number | null | undefined => {
  if (value === undefined || value === null) return null
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_COUNT
    ? value
    : undefined
}

export const readCount = (object: JsonObject | null, key: string): number | null | undefined => asCount(object?.[key])

/** False when any of them is broken: half a usage block is no usage. */
export const areCounts = <Name extends string>(
  counts: Readonly<Record<Name, number | null | undefined>>,
): counts is Readonly<Record<Name, number | null>> => {
  for (const name in counts) if (counts[name] === undefined) return false
  return true
}

/** Reads several counts at once; undefined when any of them is broken. What reads most of the answers names its counts itself: that is ten times as quick as names computed. */
export const readCounts = <Key extends string>(
  object: JsonObject | null,
  keys: readonly Key[],
): Readonly<Record<Key, number | null>> | undefined => {
  const counts = {} as Record<Key, number | null>
  for (const key of keys) {
    const count = readCount(object, key)
    if (count === undefined) return undefined
    counts[key] = count
  }
  return counts
}

/** Buckets that were reported, without those that were not. Null for the whole when one would be negative. */
export const toUnits = (counts: Partial<Readonly<Record<UsageBucket, number | null>>>): UsageUnits | null => {
  const units: Partial<Record<UsageBucket, number>> = {}
  let bucket: UsageBucket
  for (bucket in counts) {
    const count = counts[bucket]
    if (count === undefined || count === null) continue
    if (count < 0) return null
    units[bucket] = count
  }
  return units
}

/** A JSON number as plain decimal text ("0.00000095", never "9.5e-7"). Null when it is no finite, non-negative number. */
export const toDecimalText = (value: JsonValue | undefined): string | null => {
  if (typeof value === 'string') return /^\d{1,15}(?:\.\d{1,30})?$/.test(value) ? value : null
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value >= 1e15) return null
  const match = /^(\d)(?:\.(\d+))?e-(\d+)$/.exec(String(value))
  return match === null ? String(value) : `0.${'0'.repeat(Number(match[3]) - 1)}${match[1] ?? ''}${match[2] ?? ''}`
}
