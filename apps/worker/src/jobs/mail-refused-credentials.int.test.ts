import { randomUUID } from 'node:crypto'
import { createPool, type Pool } from '@atpar/db/pool'
import { noteCredentialUse } from '@atpar/db/sealed-credentials'
import { createLogger } from '@atpar/observability/logger'
import type { Producer } from '@atpar/queue/producer'
import { createRedis } from '@atpar/redis/client'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addMember, createOrg, type TestOrg } from '../../test/books.ts'
import type { Deps } from '../deps.ts'
import { mailRefusedCredentials } from './mail-refused-credentials.ts'

/** Not touched by this job. */
const redis = createRedis({ url: 'redis://127.0.0.1:1', connectionName: 'none' })
let database: TestDatabase
let owner: Pool
let worker: Pool
let gateway: Pool
let org: TestOrg
const mails: { readonly to: string; readonly text: string }[] = []

const producer: Producer = {
  add: (_name, payload) => {
    mails.push(payload as { to: string; text: string })
    return Promise.resolve()
  },
  ensureSchedules: () => Promise.resolve([]),
  close: () => Promise.resolve(),
}

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 2, applicationName: 'test-worker' })
  gateway = createPool({ url: database.urlFor('gateway'), max: 2, applicationName: 'test-gateway' })
  await owner.query(
    `INSERT INTO provider (id, display_name, dialect) VALUES ('openai', 'OpenAI', 'openai-chat') ON CONFLICT DO NOTHING`,
  )
  org = await createOrg(owner)
  for (const role of ['owner', 'admin', 'developer', 'billing'])
    await addMember(owner, org, { email: `${role}@example.test`, role })
}, 60_000)
afterAll(async () => {
  redis.disconnect()
  await Promise.all([owner.end(), worker.end(), gateway.end()])
  await database.drop()
})

const run = async (): Promise<readonly string[]> => {
  mails.length = 0
  const deps: Deps = {
    pool: worker,
    redis,
    producer,
    sendMail: () => Promise.resolve(),
    wallMs: Date.now,
    log: createLogger({ service: 'test', level: 'error' }),
    dashboardUrl: 'http://dashboard.test',
    closing: { graceMs: 0, minimumCents: 0n },
    reportSources: [],
    collecting: null,
    abandonBootMs: 1,
    anchors: null,
  }
  await mailRefusedCredentials(deps)
  return mails.map(({ to }) => to)
}

it('tells owners and admins once that a key is refused, and again only for another one', async () => {
  const credentialId = randomUUID()
  await owner.query(
    `INSERT INTO credential (id, org_id, provider_id, label, sealed, sealing_key_id) VALUES ($1, $2, 'openai', 'Ours', '\\x00', 'k')`,
    [credentialId, org.id],
  )
  const refuse = (secretVersion: number) =>
    noteCredentialUse(gateway, {
      orgId: org.id,
      credentialId,
      secretVersion,
      error: 'upstream_unauthorized',
      httpStatus: 401,
      isRefusal: true,
    })
  expect(await run()).toEqual([])
  await refuse(1)
  expect(await run()).toEqual(['admin@example.test', 'owner@example.test'])
  expect(mails[0]?.text).toContain(`http://dashboard.test/${org.slug}/settings/credentials`)
  await refuse(1)
  expect(await run()).toEqual([])
  await owner.query(`UPDATE credential SET status = 'active', secret_version = 2 WHERE id = $1`, [credentialId])
  await refuse(2)
  expect(await run()).toEqual(['admin@example.test', 'owner@example.test'])
})

it('says nothing of a key that was replaced before the mail was due', async () => {
  await owner.query(`UPDATE credential_use SET refusal_mailed_at = NULL`)
  await owner.query(`UPDATE credential SET status = 'active'`)
  expect(await run()).toEqual([])
})
