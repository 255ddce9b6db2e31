import { vi } from 'vitest'
import type { KeptContent } from '@atpar/core/kept-content'
import { hmacKey } from '@atpar/crypto/api-key'
import { createDb, type Db } from '@atpar/db/client'
import { createPool, type Pool } from '@atpar/db/pool'
import { findMember } from '@atpar/db/members'
import { withTenant, type OrgId } from '@atpar/db/tenant'
import { createLogger } from '@atpar/observability/logger'
import { TEST_PEPPER } from '@atpar/testkit/factories'
import { createTestDatabase } from '@atpar/testkit/postgres'
import type { ActContext } from '../src/acts/define-act.ts'
import { createAttempts } from '../src/auth/attempts.ts'
import { createThrottle } from '../src/auth/throttle.ts'
import { provideDeps, type Mail } from '../src/deps.ts'
import type { CredentialAnswer } from '../src/proxy-client/test-credential.ts'
import { TEST_ENVIRONMENT } from './environment.ts'
import { mintKey } from '../src/keys/mint-key.ts'

/** A database of its own in which acts run as the dashboard's role, without a browser and without Redis. */
export interface ActWorld {
  /** As the dashboard connects: what acts use. */
  readonly db: Db
  /** As the tables' owner, past every policy: to arrange and to look. */
  readonly ownerDb: Db
  readonly pool: Pool
  /** Every mail handed over so far, oldest first. */
  readonly mails: readonly Mail[]
  /** How often the proxies were woken. */
  readonly announced: () => number
  /** What providers say of the next credential that is tested. */
  readonly answerTests: (result: CredentialAnswer['result']) => void
  /** What the proxy opens from now on for one request. */
  readonly openContent: (orgId: string, requestId: string, content: KeptContent) => void
  /** A member as an actor, with the role they have now. */
  readonly actAs: (orgId: OrgId, memberId: string) => Promise<ActContext>
  readonly stop: () => Promise<void>
}

/** No store is where these say: acts get theirs by `provideDeps`. */
const NOWHERE = {
  DATABASE_URL_APP: 'postgres://nobody@127.0.0.1:1/nothing',
  REDIS_URL: 'redis://127.0.0.1:1',
  NEXTAUTH_URL: 'http://dashboard.test',
}

export const startActWorld = async (): Promise<ActWorld> => {
  for (const [name, value] of Object.entries({ ...TEST_ENVIRONMENT, ...NOWHERE })) vi.stubEnv(name, value)
  const database = await createTestDatabase()
  const db = createDb({ url: database.urlFor('app'), max: 6 })
  const ownerDb = createDb({ url: database.ownerUrl, max: 2 })
  const pool = createPool({ url: database.ownerUrl, max: 2, applicationName: 'act-world' })
  const mails: Mail[] = []
  let announcements = 0
  const contents = new Map<string, KeptContent>()
  let testResult: CredentialAnswer['result'] = 'ok'
  const nowMs = () => Date.now()
  provideDeps({
    db,
    throttle: createThrottle(nowMs),
    attempts: createAttempts({
      local: createThrottle(nowMs),
      shared: { count: () => Promise.resolve(0), read: () => Promise.resolve(0), forget: () => Promise.resolve() },
      onUnreachable: () => undefined,
    }),
    log: createLogger({ service: 'dashboard', level: 'error' }),
    announceChange: () => {
      announcements += 1
      return Promise.resolve()
    },
    sendMail: (mail) => {
      mails.push(mail)
      return Promise.resolve()
    },
    readCounters: () => Promise.resolve(null),
    mintKey: () => mintKey('test', TEST_PEPPER),
    hashKey: (text) => [hmacKey(text, TEST_PEPPER.secret)],
    testCredential: () => Promise.resolve({ result: testResult, statusClass: null }),
    readContents: (orgId, requestIds) => {
      const found = requestIds.flatMap((id) => {
        const content = contents.get(`${orgId} ${id}`)
        return content === undefined ? [] : ([[id, content]] as const)
      })
      return Promise.resolve(new Map(found))
    },
    stripe: null,
    wakeStripeEvent: () => Promise.resolve(),
    nowMs,
  })
  return {
    db,
    ownerDb,
    pool,
    mails,
    announced: () => announcements,
    answerTests: (result) => {
      testResult = result
    },
    openContent: (orgId, requestId, content) => {
      contents.set(`${orgId} ${requestId}`, content)
    },
    actAs: async (orgId, memberId) => {
      const member = await withTenant(ownerDb, { orgId, userId: null }, (tx) => findMember(tx, orgId, memberId))
      if (member === null) throw new Error(`No active member ${memberId}`)
      return { orgId, actor: { kind: 'member', userId: member.userId, memberId, role: member.role }, ip: '192.0.2.7' }
    },
    stop: async () => {
      await Promise.all([db.$disconnect(), ownerDb.$disconnect(), pool.end()])
      await database.drop()
    },
  }
}
