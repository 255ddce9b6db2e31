/** One request to the API, as it was answered. */
export interface StripeCall {
  /** Real time, ISO 8601. */
  at: string
  method: string
  path: string
  /** The path with `:id` for ids. */
  route: string
  /** Null when no answer was sent. */
  status: number | null
  requestId: string
  idempotencyKey: string | null
  isReplay: boolean
  fault: string | null
}

export interface CallBook {
  add: (call: StripeCall) => void
  entries: () => StripeCall[]
  /** How often each entry was called, by `POST /v1/invoices`. */
  counts: () => Record<string, number>
  clear: () => void
}

const MOST_KEPT = 10_000

export function createCallBook(): CallBook {
  let calls: StripeCall[] = []
  let counts = new Map<string, number>()
  return {
    add: (call) => {
      calls.push(call)
      if (calls.length > MOST_KEPT * 1.25) calls = calls.slice(-MOST_KEPT)
      const name = `${call.method} ${call.route}`
      counts.set(name, (counts.get(name) ?? 0) + 1)
    },
    entries: () => calls.map((call) => ({ ...call })),
    counts: () => Object.fromEntries(counts),
    clear: () => {
      calls = []
      counts = new Map()
    },
  }
}
