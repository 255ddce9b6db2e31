import type { Stripe } from '@atpar/billing/client'
import type { Logger } from '@atpar/observability/logger'
import type { Pool } from '@atpar/db/pool'

/** By whom money is collected. Null in `Deps` where no key is set: invoices are issued and nobody is charged. */
export interface Collecting {
  readonly stripe: Stripe
  readonly livemode: boolean
  /** off · optional: without a usable address an invoice goes out without tax · required: it waits for one */
  readonly tax: 'off' | 'optional' | 'required'
}

/** What collecting money may touch. */
export interface CollectDeps {
  readonly pool: Pool
  readonly collecting: Collecting
  /** The installation's clock: what invoices are dated and due by. */
  readonly nowMs: number
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

const FIRST_WAIT_SECONDS = 10
const LONGEST_WAIT_SECONDS = 3_600

/** After the n-th attempt in a row that came to nothing. */
export const waitAfter = (attempts: number): number =>
  Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** Math.min(attempts, 12))
