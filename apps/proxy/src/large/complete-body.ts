import type { JsonObject } from '@atpar/core/json'

/** What a request means beyond its body. Plain data: it goes to other threads. */
export interface Completion {
  /** What the URL says and other formats say in the body. */
  readonly added?: JsonObject | undefined
  /** What stands for members that are missing, or null. */
  readonly defaults?: JsonObject | undefined
}

/** The body with all that it means, where a dialect looks for it. */
export const completeBody = (json: JsonObject, { added, defaults }: Completion): JsonObject => {
  if (added === undefined && defaults === undefined) return json
  const missing = Object.entries(defaults ?? {}).filter(([name]) => (json[name] ?? null) === null)
  return { ...json, ...Object.fromEntries(missing), ...added }
}
