import { z } from 'zod'

/**
 * What can go wrong between a caller and Stripe.
 * - `error_500` fails before anything is done; `stored_500` after everything is, and the key remembers the 500.
 * - `timeout` and `reset` lose the request; `timeout_after_commit` and `reset_after_commit` lose the answer.
 * - `slow` does it and answers after `delayMs`; the same key meanwhile is a 409.
 * - `rate_limit` is a 429. The webhook kinds hit events as they are sent.
 */
const KINDS = [
  'error_500',
  'rate_limit',
  'reset',
  'reset_after_commit',
  'slow',
  'stored_500',
  'timeout',
  'timeout_after_commit',
  'webhook_delay',
  'webhook_drop',
  'webhook_duplicate',
  'webhook_reorder',
] as const

export const stripeFaultSchema = z.strictObject({
  kind: z.enum(KINDS),
  match: z
    .strictObject({
      method: z.enum(['GET', 'POST', 'DELETE']).optional(),
      /** A path as called, or with `:id` where an id stands: `/v1/invoices/:id/finalize`. */
      path: z.string().optional(),
      /** For webhook kinds: the event's type. */
      type: z.string().optional(),
    })
    .default({}),
  /** How many it hits; all until it is removed when left out. */
  times: z.int().min(1).optional(),
  /** How many that match are let through first. */
  after: z.int().min(0).default(0),
  delayMs: z.int().min(0).max(600_000).default(1_000),
  delaySeconds: z.int().min(0).default(3_600),
})

export type StripeFaultRequest = z.input<typeof stripeFaultSchema>
type ParsedFault = z.output<typeof stripeFaultSchema>

export type StripeFault = ParsedFault & { id: number; timesLeft: number; skipsLeft: number }

export const chaosSchema = z.strictObject({
  seed: z.int(),
  /** Shares of requests and of webhooks that go wrong, 0 to 1. */
  requests: z.number().min(0).max(1).default(0),
  webhooks: z.number().min(0).max(1).default(0),
})

export interface StripeFaults {
  add: (fault: StripeFaultRequest) => number
  remove: (id: number) => boolean
  clear: () => void
  list: () => StripeFault[]
  /** Faults by a seeded die, beside those that were added. Null stops it. */
  setChaos: (chaos: z.input<typeof chaosSchema> | null) => void
  takeForRequest: (call: { method: string; path: string; route: string }) => ParsedFault | undefined
  takeForWebhook: (type: string) => ParsedFault | undefined
}

const REQUEST_KINDS = ['error_500', 'rate_limit', 'reset', 'reset_after_commit', 'stored_500'] as const
const WEBHOOK_KINDS = ['webhook_delay', 'webhook_duplicate', 'webhook_reorder'] as const

export function createStripeFaults(): StripeFaults {
  let faults: StripeFault[] = []
  let lastId = 0
  let chaos: { requests: number; webhooks: number; random: () => number } | null = null

  function use(matches: (fault: StripeFault) => boolean): ParsedFault | undefined {
    for (const fault of faults.filter(matches)) {
      if (fault.skipsLeft > 0) {
        fault.skipsLeft -= 1
        continue
      }
      fault.timesLeft -= 1
      if (fault.timesLeft <= 0) faults = faults.filter((one) => one !== fault)
      return fault
    }
    return undefined
  }

  function draw(share: number | undefined, kinds: readonly ParsedFault['kind'][]): ParsedFault | undefined {
    if (chaos === null || share === undefined || chaos.random() >= share) return undefined
    const kind = kinds[Math.floor(chaos.random() * kinds.length)]
    return kind === undefined ? undefined : stripeFaultSchema.parse({ kind, delaySeconds: 2 })
  }

  return {
    add: (request) => {
      const fault = stripeFaultSchema.parse(request)
      lastId += 1
      faults.push({ ...fault, id: lastId, timesLeft: fault.times ?? Infinity, skipsLeft: fault.after })
      return lastId
    },
    remove: (id) => {
      const before = faults.length
      faults = faults.filter((fault) => fault.id !== id)
      return faults.length < before
    },
    clear: () => {
      faults = []
      chaos = null
    },
    list: () => faults.map((fault) => ({ ...fault })),
    setChaos: (wanted) => {
      if (wanted === null) chaos = null
      else {
        const { seed, requests, webhooks } = chaosSchema.parse(wanted)
        chaos = { requests, webhooks, random: createDie(seed) }
      }
    },
    takeForRequest: ({ method, path, route }) =>
      use(
        ({ kind, match }) =>
          !kind.startsWith('webhook_') &&
          (match.method ?? method) === method &&
          (match.path === undefined || match.path === path || match.path === route),
      ) ?? draw(chaos?.requests, REQUEST_KINDS),
    takeForWebhook: (type) =>
      use(({ kind, match }) => kind.startsWith('webhook_') && (match.type ?? type) === type) ??
      draw(chaos?.webhooks, WEBHOOK_KINDS),
  }
}

/** mulberry32: small, and the same on every machine. */
function createDie(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
