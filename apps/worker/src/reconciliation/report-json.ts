import { DAY_MS } from '@atpar/core/durations'

/** Money in a report may be a JSON number: it is kept as the text that was written, because a float would already have changed it. */
const keepNumberText = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' ? (context?.source ?? String(value)) : value

// ECMAScript's JSON.parse source text access: in every Node we run on, not yet in TypeScript's library.
type Parse = (text: string, reviver: typeof keepNumberText) => unknown

const parse: Parse = JSON.parse

/**
 * The pages of a report: one JSON object, an array of them, or one a line, as `curl` leaves them. All numbers come as text.
 * @throws SyntaxError when it is none of these.
 */
export const readPages = (text: string): readonly unknown[] => {
  const trimmed = text.trim()
  try {
    const whole = parse(trimmed, keepNumberText)
    return Array.isArray(whole) ? whole : [whole]
  } catch (error) {
    if (!trimmed.includes('\n')) throw error
    return trimmed.split('\n').map((line) => parse(line, keepNumberText))
  }
}

export const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

/** Whole days that a span of buckets covers: the last one only when it ends with its day. */
export const coveredDays = (
  spans: readonly { readonly fromMs: number; readonly toMs: number }[],
): { readonly fromDay: string; readonly untilDay: string } => {
  const [first] = spans
  if (first === undefined) throw new RangeError('The report holds no time buckets.')
  const fromMs = spans.reduce((least, span) => Math.min(least, span.fromMs), first.fromMs)
  const toMs = spans.reduce((most, span) => Math.max(most, span.toMs), first.toMs)
  return {
    fromDay: dayOf(Math.ceil(fromMs / DAY_MS) * DAY_MS),
    untilDay: dayOf(Math.floor(toMs / DAY_MS) * DAY_MS),
  }
}
