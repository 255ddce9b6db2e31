import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
// By path, not by package: the testkit builds on this package.
import { createOrganizationWith, type MadeOrganization } from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { recordAudit } from './audit-log.ts'
import { verifyAuditChain, verifyAuditChainOf } from './audit-verification.ts'
import { createDb, type Db } from './client.ts'
import { newId } from './new-id.ts'
import { createPool, type Pool } from './pool.ts'
import { withTenant } from './tenant.ts'

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 60_000 })

let database: TestDatabase
let app: Db
let owner: Pool
let worker: Pool
let made: MadeOrganization

beforeAll(async () => {
  database = await createTestDatabase()
  app = createDb({ url: database.urlFor('app'), max: 8 })
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  worker = createPool({ url: database.urlFor('worker'), max: 2, applicationName: 'test' })
}, 90_000)

afterAll(async () => {
  await app.$disconnect()
  await Promise.all([owner.end(), worker.end()])
  await database.drop()
})

const act = (number: number): Promise<void> =>
  withTenant(app, made.tenant, (tx) =>
    recordAudit(tx, made.orgId, {
      actorUserId: made.owner.userId,
      action: 'key-renamed',
      subjectKind: 'key',
      subjectId: `key-${number}`,
      before: { name: `Zoë "${number}"`, limit: '12.50', nested: { b: [1, null], a: 'é\u2028\u0001' } },
      after: { name: `new\n${number}` },
      ip: '203.0.113.9',
    }),
  )

/** An organization with an entry of its founding and nine more. */
beforeEach(async () => {
  made = await createOrganizationWith(app)
  for (let number = 2; number <= 10; number += 1) await act(number)
})

const verify = () => verifyAuditChainOf(worker, made.orgId)
const whatIsWrong = async () => (await verify()).faults.map(({ sequence, what }) => `${sequence} ${what}`)

/** As somebody who owns the tables would do it, past every trigger. */
const tamper = async (sql: string, ...values: readonly unknown[]): Promise<void> => {
  await owner.query('ALTER TABLE audit_log DISABLE TRIGGER audit_log_chained')
  await owner.query(sql, [made.orgId, ...values])
  await owner.query('ALTER TABLE audit_log ENABLE TRIGGER audit_log_chained')
}

describe('the chain of a record of acts', () => {
  it('holds, from the first entry to the kept head, for the organization and for the operator', async () => {
    const report = await verify()
    expect(report).toMatchObject({ entries: 10, erased: 0, faults: [] })
    const head = await owner.query("SELECT encode(hash, 'hex') AS hash FROM audit_head WHERE org_id = $1", [made.orgId])
    expect(head.rows).toEqual([{ hash: report.headHash }])
    expect(await withTenant(app, made.tenant, (tx) => verifyAuditChain(tx, made.orgId))).toEqual(report)
  })

  it('takes concurrent acts one after another, none lost and none twice', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, index) => act(100 + index)))
    expect(await verify()).toMatchObject({ entries: 50, faults: [] })
  })

  it('takes several entries of one act, and none of an act that failed', async () => {
    await withTenant(app, made.tenant, async (tx) => {
      for (const subjectId of ['a', 'b'])
        await recordAudit(tx, made.orgId, {
          actorUserId: null,
          action: 'team-archived',
          subjectKind: 'team',
          subjectId,
        })
    })
    const failing = withTenant(app, made.tenant, async (tx) => {
      await recordAudit(tx, made.orgId, { actorUserId: null, action: 'never', subjectKind: 'team', subjectId: 'c' })
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await verify()).toMatchObject({ entries: 12, faults: [] })
  })

  it('can be written by no role that connects: neither a place, nor a hash, nor a time', async () => {
    for (const pool of [worker, createPool({ url: database.urlFor('app'), max: 1, applicationName: 'test' })]) {
      for (const column of ['sequence', 'hash', 'salt', 'details_digest', 'created_at', 'erased_at'])
        await expect(
          pool.query(
            `INSERT INTO audit_log (id, org_id, action, subject_kind, subject_id, ${column}) VALUES ($1, $2, 'x', 'x', 'x', NULL)`,
            [newId(), made.orgId],
          ),
        ).rejects.toThrow(/permission denied/)
      await expect(pool.query('UPDATE audit_head SET sequence = 1')).rejects.toThrow(/permission denied/)
      if (pool !== worker) await pool.end()
    }
  })
})

describe('tampering with it is found:', () => {
  it.each([
    ['a changed detail', `UPDATE audit_log SET before = before || '{"name": "x"}' WHERE org_id = $1 AND sequence = 5`],
    ['a changed address', `UPDATE audit_log SET ip = '198.51.100.1' WHERE org_id = $1 AND sequence = 5`],
    ['a changed actor', 'UPDATE audit_log SET actor_user_id = NULL WHERE org_id = $1 AND sequence = 5'],
    ['a changed action', `UPDATE audit_log SET action = 'key-read' WHERE org_id = $1 AND sequence = 5`],
    ['a changed subject', `UPDATE audit_log SET subject_id = 'key-6' WHERE org_id = $1 AND sequence = 5`],
    [
      'a changed time',
      `UPDATE audit_log SET created_at = created_at - interval '1 microsecond' WHERE org_id = $1 AND sequence = 5`,
    ],
    [
      'an unrecorded erasure',
      'UPDATE audit_log SET before = NULL, after = NULL, ip = NULL, salt = NULL, erased_at = now() WHERE org_id = $1 AND sequence = 5',
    ],
    ['a half erasure', 'UPDATE audit_log SET after = NULL WHERE org_id = $1 AND sequence = 5'],
  ])('%s', async (_name, sql) => {
    await tamper(sql)
    const wrong = await whatIsWrong()
    expect(wrong).not.toEqual([])
    expect(wrong.every((line) => line.startsWith('5 '))).toBe(true)
  })

  it('a removed entry', async () => {
    await tamper('DELETE FROM audit_log WHERE org_id = $1 AND sequence = 5')
    expect(await whatIsWrong()).toEqual([
      '6 stands where entry 5 belongs: one is missing or added',
      '6 does not follow from the entry before it',
    ])
  })

  it('a removed end', async () => {
    await tamper('DELETE FROM audit_log WHERE org_id = $1 AND sequence > 8')
    expect(await whatIsWrong()).toEqual(['10 is missing: the kept end of the chain saw it at the end of the chain'])
  })

  it('an inserted entry, in its place or beside the chain', async () => {
    await tamper(
      `INSERT INTO audit_log (id, org_id, action, subject_kind, subject_id) VALUES ($2, $1, 'x', 'x', 'x')`,
      newId(),
    )
    expect(await whatIsWrong()).toEqual(['0 1 entries stand outside the chain'])
    await tamper(`UPDATE audit_log SET sequence = sequence + 100 WHERE org_id = $1 AND sequence > 5`)
    await tamper(
      `INSERT INTO audit_log (id, org_id, action, subject_kind, subject_id, sequence, salt, details_digest, hash, created_at)
       SELECT $2, org_id, action, subject_kind, subject_id, 6, salt, details_digest, hash, created_at FROM audit_log WHERE org_id = $1 AND sequence = 5`,
      newId(),
    )
    expect((await whatIsWrong()).length).toBeGreaterThan(1)
  })

  it('two entries that changed places', async () => {
    await tamper(`UPDATE audit_log SET sequence = -sequence WHERE org_id = $1 AND sequence IN (5, 6)`)
    await tamper(`UPDATE audit_log SET sequence = 11 + sequence WHERE org_id = $1 AND sequence < 0`)
    expect(await whatIsWrong()).toContain('5 does not follow from the entry before it')
  })

  it('a whole chain rewritten, head included, by the anchor of a day before', async () => {
    await worker.query(
      `INSERT INTO audit_anchor (org_id, day, sequence, hash) SELECT org_id, '2026-11-21', sequence, hash FROM audit_head WHERE org_id = $1`,
      [made.orgId],
    )
    await tamper(`UPDATE audit_log SET action = 'key-read' WHERE org_id = $1 AND sequence = 5`)
    // The forger knows the rule and applies it to everything that follows.
    await owner.query(
      'UPDATE audit_log SET hash = audit_entry_hash(audit_log, coalesce((SELECT hash FROM audit_log b WHERE b.org_id = audit_log.org_id AND b.sequence = 4), $2)) WHERE org_id = $1 AND sequence = 5',
      [made.orgId, Buffer.alloc(0)],
    )
    for (let sequence = 6; sequence <= 10; sequence += 1)
      await owner.query(
        'UPDATE audit_log SET hash = audit_entry_hash(audit_log, (SELECT hash FROM audit_log b WHERE b.org_id = audit_log.org_id AND b.sequence = audit_log.sequence - 1)) WHERE org_id = $1 AND sequence = $2',
        [made.orgId, sequence],
      )
    await owner.query(
      'UPDATE audit_head SET hash = (SELECT hash FROM audit_log b WHERE b.org_id = audit_head.org_id AND b.sequence = 10) WHERE org_id = $1',
      [made.orgId],
    )
    expect(await whatIsWrong()).toEqual(['10 is not the entry that the anchor of 2026-11-21 saw'])
  })
})

describe('personal details', () => {
  it('can be erased on record, and the chain still holds', async () => {
    const before = await verify()
    const { rows } = await worker.query<{ erased: number }>('SELECT erase_audit_details($1, $2, $3, $4) AS erased', [
      made.orgId,
      [2, 3],
      newId(),
      'person deleted',
    ])
    expect(rows).toEqual([{ erased: 2 }])
    expect(await verify()).toMatchObject({ entries: before.entries + 1, erased: 2, faults: [] })
    const left = await owner.query(
      'SELECT 1 FROM audit_log WHERE org_id = $1 AND sequence IN (2, 3) AND num_nonnulls(before, after, ip, salt) > 0',
      [made.orgId],
    )
    expect(left.rowCount).toBe(0)
  })

  it('can be erased by nobody who serves customers', async () => {
    await expect(
      app.$executeRaw`SELECT erase_audit_details(${made.orgId}::uuid, '{1}', ${newId()}::uuid, 'x')`,
    ).rejects.toThrow(/permission denied/)
  })
})
