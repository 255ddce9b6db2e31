import { randomUUID } from 'node:crypto'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { createOrganizationWith, createUserWith } from '../../testkit/src/factories.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDb, type Db } from './client.ts'
import { closeIncident, listIncidents, listNewestProofs, listReconciledDays } from './operator-accounts.ts'
import { createPool, type Pool } from './pool.ts'
import { withActor } from './tenant.ts'

let database: TestDatabase
let db: Db
let ownerDb: Db
let owner: Pool
let operatorId: string
let memberId: string
const incidentId = randomUUID()

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.urlFor('app'), max: 2 })
  ownerDb = createDb({ url: database.ownerUrl, max: 2 })
  owner = createPool({ url: database.ownerUrl, max: 1, applicationName: 'test-owner' })
  const organization = await createOrganizationWith(ownerDb, { slug: 'acme' })
  memberId = organization.owner.userId
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
