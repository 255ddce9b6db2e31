import { readdirSync, readFileSync } from 'node:fs'
import { TASKS } from '@atpar/core/task'
import { USAGE_BUCKETS } from '@atpar/core/usage'
import { PARAMETERS } from '@atpar/core/parameters'
import { z } from 'zod'

/** The hand-kept part of the catalogue: `models/<author>.json` (what callers may name, and where it is offered) and `<provider>.json` (prices nobody else publishes as data). */

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)
const tokens = z.number().int().positive()
const modality = z.enum(['text', 'image', 'audio'])

const offeringFile = z.strictObject({
  provider: z.string(),
  /** The provider's own name; the model's id when absent. */
  upstream: z.string().optional(),
  /** Id of the model in the price source when it differs from `upstream`. */
  priceOf: z.string().optional(),
  /** Only where this provider's limit differs from the model's. */
  context: tokens.optional(),
  maxOutput: tokens.optional(),
  priority: z.number().int().optional(),
  /** What this offering does not take of what its provider's API does. */
  without: z.array(z.enum(PARAMETERS)).default([]),
  /** Why it has no price. Such an offering is listed and refused with 422; nothing is ever billed at a guess. */
  unpriced: z.string().optional(),
  /** The day the provider announced to take it away, where it says so, and our id of the model it names in its place. */
  retires: z.strictObject({ on: day, source: z.url(), successor: z.string().optional() }).optional(),
})

const modelFile = z.strictObject({
  id: z.string(),
  name: z.string(),
  family: z.string(),
  released: day.optional(),
  /** What it does, and so which endpoints serve it. */
  task: z.enum(TASKS).default('chat'),
  reasoning: z.boolean().default(false),
  input: z.array(modality).default(['text']),
  output: z.array(modality).default(['text']),
  aliases: z.array(z.string()).default([]),
  context: tokens.optional(),
  maxOutput: tokens.optional(),
  /** What the model itself does not take, wherever it is offered. */
  without: z.array(z.enum(PARAMETERS)).default([]),
  offerings: z.array(offeringFile).min(1),
})

const authorFile = z.strictObject({ author: z.string(), slug: z.string(), models: z.array(modelFile) })

const overlayFile = z.strictObject({
  provider: z.string(),
  checkedOn: day,
  note: z.string(),
  prices: z.array(
    z.strictObject({
      upstream: z.string(),
      source: z.url(),
      /** Where it was read on another day than the rest. */
      checkedOn: day.optional(),
      effectiveFrom: day.optional(),
      tiers: z
        .array(
          z.strictObject({
            contextFrom: z.number().int().nonnegative(),
            /** As the provider names it in its answers; absent = the standard one. */
            serviceTier: z.string().optional(),
            /** Decimal text, so that no float ever stands between the price list and the bill. */
            usdPerMillion: z.partialRecord(z.enum(USAGE_BUCKETS), z.string()).default({}),
            /** Of sound, where the price list counts in hours or minutes: exact, while a million seconds may be no decimal. */
            usdPerHour: z.string().optional(),
            /** Billed at least, once any sound was heard. */
            leastSeconds: z.number().int().positive().optional(),
          }),
        )
        .min(1),
    }),
  ),
})

export type AuthorFile = z.infer<typeof authorFile>
export type OverlayFile = z.infer<typeof overlayFile>

const folder = new URL('.', import.meta.url)

const readJsonFiles = <Content>(from: URL, schema: z.ZodType<Content>): readonly Content[] =>
  readdirSync(from)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => {
      const parsed = schema.safeParse(JSON.parse(readFileSync(new URL(name, from), 'utf8')))
      if (!parsed.success) throw new Error(`${name} is not a valid catalogue file:\n${z.prettifyError(parsed.error)}`)
      return parsed.data
    })

export const readAuthorFiles = (): readonly AuthorFile[] => readJsonFiles(new URL('models/', folder), authorFile)
export const readOverlayFiles = (): readonly OverlayFile[] => readJsonFiles(folder, overlayFile)
