import type { Logger } from '@atpar/observability/logger'
import type { Pool } from '@atpar/db/pool'
import type { Producer } from '@atpar/queue/producer'
import type { Redis } from '@atpar/redis/client'
import type { ReportSource } from './reconciliation/fetch-reports.ts'
import type { Collecting } from './collect/collecting.ts'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** What jobs may touch. Everything that is not a pure function comes from here. */
export interface Deps {
  readonly pool: Pool
  readonly redis: Redis
  readonly producer: Producer
  readonly sendMail: (mail: Mail) => Promise<void>
  /** Real time. Deadlines of holds and heartbeats are measured by it. */
  readonly wallMs: () => number
  readonly log: Logger
  readonly dashboardUrl: string
  readonly closing: { readonly graceMs: number; readonly minimumCents: bigint }
  /** Providers whose reports of usage and costs an admin key can read. */
  readonly reportSources: readonly ReportSource[]
  /** Null where no Stripe key is set. */
  readonly collecting: Collecting | null
  /** After which a dead boot whose journal never came back is written off. */
  readonly abandonBootMs: number
  /** Where signed ends of the records of acts are written, and the Ed25519 seed (64 hex digits) that signs them; null keeps them in the database only. */
  readonly anchors: { readonly file: string; readonly seed: string } | null
}
