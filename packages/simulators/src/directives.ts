import { z } from 'zod'

import { Refusal } from './refusal.ts'

const count = z.int().min(0).max(1_000_000)
const milliseconds = z.number().min(0).max(600_000)

/** How one answer shall differ from the ordinary. Counts are tokens; unknown names are refused, so that a typing error cannot pass for a behaviour. */
export const directiveSchema = z.strictObject({
  /** Visible output tokens (a smaller output limit of the request still wins). */
  tokens: count.optional(),
  /** Prompt tokens served from the provider's cache. */
  cached: count.optional(),
  cache_write_5m: count.optional(),
  cache_write_1h: count.optional(),
  /** Reasoning tokens before the visible output; 0 forbids reasoning. */
  reasoning: count.optional(),
  /** Pause between tokens. */
  delay_ms: milliseconds.optional(),
  /** Pause before the first byte. */
  first_ms: milliseconds.optional(),
  /** Tools to call, by name, if the request declares them. */
  tool: z.union([z.string(), z.array(z.string())]).optional(),
  /** Answer with this error. */
  status: z.int().min(400).max(599).optional(),
  /** Seconds in Retry-After, with `status`. */
  retry_after: z.number().min(0).optional(),
  /** Fall silent before the first byte, or after half of the tokens (streams). */
  hang: z.enum(['before', 'mid']).optional(),
  /** End the stream after this many tokens, politely but without its closing events. */
  truncate_after: count.optional(),
  /** Reset the connection after this many tokens; 0 does it before the first byte. */
  reset_after: count.optional(),
  /** Send the format's in-band error after this many tokens, then end. */
  error_after: count.optional(),
  /** Make writes end inside multi-byte characters. */
  cut: z.literal('mid-utf8').optional(),
  /** A body that is not JSON: cut in half, or with a broken first event when streamed. */
  malformed: z.boolean().optional(),
  no_usage: z.boolean().optional(),
  usage_twice: z.boolean().optional(),
  /** Counts that cannot be right, in place of each (OpenAI's format). The books keep the true ones. */
  usage_is: z.enum(['zero', 'negative', 'not_a_number', 'huge']).optional(),
  /** Write the stream this many bytes at a time. */
  chunk_bytes: z.int().min(1).max(65_536).optional(),
  /** Send a comment line before the first event (streams of server-sent events). */
  keep_alive: z.boolean().optional(),
  /** Another answer to the same prompt. */
  seed: z.int().optional(),
})

export type Directive = z.infer<typeof directiveSchema>

/** Behaviours that have a name, for the suffix of a model (`gpt-4o-sim-status-500`) and for faults. */
const NAMED_BEHAVIOURS: Readonly<Record<string, Directive>> = {
  hang_before: { hang: 'before' },
  hang_mid: { hang: 'mid' },
  truncate: { truncate_after: 5 },
  reset: { reset_after: 0 },
  reset_mid: { reset_after: 5 },
  error_mid: { error_after: 5 },
  malformed: { malformed: true },
  no_usage: { no_usage: true },
  usage_twice: { usage_twice: true },
  slow: { first_ms: 500, delay_ms: 50 },
}

/** The behaviour a name stands for, `status_<code>` included; undefined for names that mean nothing. */
export function behaviourNamed(name: string): Directive | undefined {
  const normal = name.replaceAll('-', '_')
  const status = /^status_([45]\d\d)$/.exec(normal)?.[1]
  if (status === undefined) return NAMED_BEHAVIOURS[normal]
  return status === '429' ? { status: 429, retry_after: 1 } : { status: Number(status) }
}

const SUFFIX = '-sim-'

/** What the end of a model's name asks for. */
export function directiveOfModel(model: string): Directive | undefined {
  const at = model.lastIndexOf(SUFFIX)
  return at < 0 ? undefined : behaviourNamed(model.slice(at + SUFFIX.length))
}

const OPENING = '[[sim:'

/** The directive inside a user's message, if there is one. A directive that cannot be read is refused with the reason. */
export function directiveOfText(text: string): Directive | undefined {
  const at = text.indexOf(OPENING)
  if (at < 0) return undefined
  const start = at + OPENING.length
  const parsed = directiveSchema.safeParse(parseUpToClosing(text, start))
  if (parsed.success) return parsed.data
  throw new Refusal(400, `simulator directive: ${z.prettifyError(parsed.error)}`)
}

/** JSON may hold `]]` itself, so each closing is tried until what stands before it parses. */
function parseUpToClosing(text: string, start: number): unknown {
  for (let end = text.indexOf(']]', start); end >= 0; end = text.indexOf(']]', end + 1)) {
    try {
      return JSON.parse(text.slice(start, end))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  throw new Refusal(400, 'simulator directive: expected [[sim:{…}]] with JSON between the braces')
}
