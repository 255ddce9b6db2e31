import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/client.ts'

export interface DbOptions {
  readonly url: string
  readonly max?: number
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string
}

const CONNECT_TIMEOUT_MS = 5000

/** May be written and never read back: the database role has no SELECT on them, so no result may ask for them. */
const SECRET_COLUMNS = {
  user: { passwordHash: true },
  session: { tokenHash: true },
  invitation: { tokenHash: true },
  emailToken: { tokenHash: true },
  recoveryCode: { codeHash: true },
  apiKey: { hmac: true },
  keyFormerSecret: { hmac: true },
  credential: { sealed: true },
  keptContent: { sealed: true, sealingKeyId: true },
} as const

/**
 * Prisma over pg, for the dashboard. On its own it sees no tenant's row: go through `withTenant` or `withActor`.
 * Connects at the first query, so that it can be made while building.
 */
export const createDb = (options: DbOptions) =>
  new PrismaClient({
    adapter: new PrismaPg({
      connectionString: options.url,
      max: options.max ?? 10,
      application_name: options.applicationName ?? 'atpar',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    }),
    omit: SECRET_COLUMNS,
  })

export type Db = ReturnType<typeof createDb>
/** What repositories work with: the inside of a transaction that knows who is asking. */
export type Tx = Omit<Db, '$connect' | '$disconnect' | '$on' | '$transaction' | '$extends'>
