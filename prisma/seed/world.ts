import type { Pepper } from '@atpar/crypto/api-key'
import type { Db } from '@atpar/db/client'
import type { Pool } from '@atpar/db/pool'

/** What a scenario builds with. */
export interface SeedWorld {
  readonly db: Db
  /** As the owner, for what the repositories have no business doing: usage of the past. */
  readonly pool: Pool
  readonly pepper: Pepper
  readonly password: string
  /** Where the login and key of the scenario are kept for whoever wants to try it. */
  readonly keyFile: string
  readonly nowMs: number
}

/** A state of the database worth starting from. Safe to run again: what is there stays. @returns what it did, in a sentence. */
export type Scenario = (world: SeedWorld) => Promise<string>
