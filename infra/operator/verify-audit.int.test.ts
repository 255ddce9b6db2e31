import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDb, type Db } from '@atpar/db/client'
import { createPool, type Pool } from '@atpar/db/pool'
import { createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anchorAudit } from '../../apps/worker/src/jobs/anchor-audit.ts'
import { verifyAudit } from './verify-audit.ts'

const SEED = '17'.repeat(32)
const folder = mkdtempSync(join(tmpdir(), 'atpar-anchors-'))
const file = join(folder, 'anchors.txt')

let database: TestDatabase
let owner: Pool
let pool: Pool
let db: Db
let one: MadeOrganization

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  pool = createPool({ url: database.urlFor('worker'), max: 2, applicationName: 'test-operator' })
  db = createDb({ url: database.urlFor('app'), max: 2 })
  one = await createOrganizationWith(db, { slug: 'one' })
  await createOrganizationWith(db, { slug: 'two' })
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.end(), pool.end(), db.$disconnect()])
  await database.drop()
  rmSync(folder, { recursive: true })
})

const anchor = () =>
  anchorAudit({
    pool,
    wallMs: Date.now,
    log: { info: () => undefined },
    anchors: { file, seed: SEED },
  })
const verify = (orgSlug: string | null = null) => verifyAudit({ pool, orgSlug, anchors: { file, seed: SEED } })

describe('verifying the record of acts from outside', () => {
  it('anchors each organization once a day, in the database and in a signed file', async () => {
    await Promise.all([anchor(), anchor()])
    await anchor()
    expect((await owner.query('SELECT 1 FROM audit_anchor')).rowCount).toBe(2)
    expect(readFileSync(file, 'utf8').trim().split('\n').length).toBeGreaterThanOrEqual(2)
    const { lines, allHold } = await verify()
    expect(allHold).toBe(true)
    expect(lines[0]).toMatch(
      /^one: 1 entries checked, none changed, removed, inserted or reordered; head [0-9a-f]{64}$/,
    )
  })

  it('finds a record that was rewritten together with its head and its anchors in the database', async () => {
    await owner.query('ALTER TABLE audit_log DISABLE TRIGGER audit_log_chained')
    await owner.query(`UPDATE audit_log SET action = 'organization-renamed' WHERE org_id = $1`, [one.orgId])
    await owner.query(`UPDATE audit_log SET hash = audit_entry_hash(audit_log, '') WHERE org_id = $1`, [one.orgId])
    for (const table of ['audit_head', 'audit_anchor'])
      await owner.query(
        `UPDATE ${table} SET hash = (SELECT hash FROM audit_log l WHERE l.org_id = $1) WHERE org_id = $1`,
        [one.orgId],
      )
    expect((await verifyAudit({ pool, orgSlug: 'one', anchors: null })).allHold).toBe(true)
    const { lines, allHold } = await verify('one')
    expect(allHold).toBe(false)
    expect(lines.join('\n')).toMatch(
      /TAMPERED WITH[^]*entry 1 is not the entry that the signed line of \d{4}-\d\d-\d\d saw/,
    )
  })

  it('refuses a file of lines that somebody else signed', async () => {
    writeFileSync(file, readFileSync(file, 'utf8').replace(/.\n/, 'A\n').replace(/ 1 /, ' 9 '))
    await expect(verify('two')).rejects.toThrow(/not signed by this installation/)
  })

  it('names an organization that is not there', async () => {
    await expect(verifyAudit({ pool, orgSlug: 'nobody', anchors: null })).rejects.toThrow(/no organization/)
  })
})
