import { randomUUID } from 'node:crypto'
import { pusd } from '@atpar/core/money'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { createOrganizationWith, createUserWith } from '../../testkit/src/factories.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDb, type Db } from './client.ts'
import {
  closeIncident,
  grantCredit,
  listAccounts,
  listIncidents,
  listNewestProofs,
  listReconciledDays,
} from './operator-accounts.ts'
import { createPool, type Pool } from './pool.ts'
import { withActor } from './tenant.ts'

let database: TestDatabase
let db: Db
let ownerDb: Db
let owner: Pool
let operatorId: string
let memberId: string
let orgId: string
const incidentId = randomUUID()

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.urlFor('app'), max: 2 })
  ownerDb = createDb({ url: database.ownerUrl, max: 2 })
  owner = createPool({ url: database.ownerUrl, max: 1, applicationName: 'test-owner' })
  const organization = await createOrganizationWith(ownerDb, { slug: 'acme' })
  memberId = organization.owner.userId
  orgId = organization.orgId
  operatorId = (await createUserWith(ownerDb)).userId
  await owner.query('UPDATE app_user SET is_operator = true WHERE id = $1', [operatorId])
  await owner.query(
    `INSERT INTO incident (id, kind, subject, summary) VALUES ($1, 'provider-bill', 'openai/m/2026-11-15', 'It differs.')`,
    [incidentId],
  )
  await owner.query(
    `INSERT INTO reconciliation (provider, model, day, model_ids, verdict, our_cost_pusd, unexplained_units, unexplained_pusd, buckets, incident_id)
    VALUES ('openai', 'm', '2026-11-15', '{m}', 'different', 9007199254740993, 1, 0, '[]', $1)`,
    [incidentId],
  )
  await owner.query(
    `INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail, ran_at) VALUES (gen_random_uuid(), $1, 'P1', '2026-11-01', 7, '{}', now() - interval '1 hour'),
      (gen_random_uuid(), $1, 'P1', '2026-11-01', 0, '{}', now())`,
    [organization.orgId],
  )
}, 60_000)
afterAll(async () => {
  await Promise.all([db.$disconnect(), ownerDb.$disconnect(), owner.end()])
  await database.drop()
})

it('an owner of an organization who is no operator is told of nothing and closes nothing', async () => {
  const seen = await withActor(db, memberId, async (tx) => [
    ...(await listNewestProofs(tx)),
    ...(await listIncidents(tx)),
    ...(await listReconciledDays(tx, '2026-11-01')),
  ])
  expect(seen).toEqual([])
  expect(await withActor(db, memberId, (tx) => closeIncident(tx, { incidentId, reason: 'mine' }))).toBe(false)
})

it('an operator grants credit, which its organization can read in its record of acts, and nobody else does', async () => {
  await owner.query('UPDATE credit_standing SET starter_pusd = 5 WHERE org_id = $1', [orgId])
  const grant = { orgId, grantedPusd: pusd(9007199254740993n), reason: 'A yearly contract' }
  expect(
    await withActor(db, memberId, async (tx) => [await grantCredit(tx, grant), await listAccounts(tx, '')]),
  ).toEqual([false, []])
  expect(await withActor(db, operatorId, (tx) => grantCredit(tx, grant))).toBe(true)
  expect(await withActor(db, operatorId, (tx) => grantCredit(tx, { ...grant, orgId: randomUUID() }))).toBe(false)
  const [account, ...others] = await withActor(db, operatorId, (tx) => listAccounts(tx, 'ACM'))
  expect([account, others]).toMatchObject([{ orgSlug: 'acme', grantedPusd: 9007199254740993n, starterPusd: 5n }, []])
  expect(await withActor(db, operatorId, (tx) => listAccounts(tx, 'nobody'))).toEqual([])
  const { rows } = await owner.query('SELECT after FROM audit_log WHERE org_id = $1 AND action = $2', [
    orgId,
    'credit-granted',
  ])
  expect(rows).toEqual([
    { after: { grantedPusd: '9007199254740993', reason: 'A yearly contract', operator: operatorId } },
  ])
})

it('an operator sees the newest run of each proof, exact amounts, and closes an incident once', async () => {
  const [proofs, days] = await withActor(db, operatorId, async (tx) => [
    await listNewestProofs(tx),
    await listReconciledDays(tx, '2026-11-01'),
  ])
  expect(proofs).toMatchObject([{ orgSlug: 'acme', proof: 'P1', differencePusd: 0n }])
  expect(days).toMatchObject([{ verdict: 'different', isAccepted: false, ourCostPusd: 9007199254740993n }])
  const close = () => withActor(db, operatorId, (tx) => closeIncident(tx, { incidentId, reason: 'They confirmed it.' }))
  expect([await close(), await close()]).toEqual([true, false])
  expect(await withActor(db, operatorId, (tx) => listIncidents(tx))).toMatchObject([
    { incidentId, closingReason: 'They confirmed it.' },
  ])
  expect(await withActor(db, operatorId, (tx) => listReconciledDays(tx, '2026-11-01'))).toMatchObject([
    { isAccepted: true },
  ])
})
