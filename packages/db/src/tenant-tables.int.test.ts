import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
// By path, not by package: the testkit builds on this package.
import { createKeyWith, createOrganizationWith, type MadeOrganization } from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { buildUsageEvent } from '../../testkit/src/usage-events.ts'
import { createDb, type Db } from './client.ts'
import { createPool, type Pool } from './pool.ts'
import { ingestUsageEvents } from './usage-ingest.ts'

// Every table of a tenant there is, found in the catalogue: one that is added tomorrow is tested tomorrow.
vi.setConfig({ testTimeout: 60_000 })

const ROLES = ['app', 'gateway', 'shipper', 'worker'] as const
type RoleName = (typeof ROLES)[number]

let database: TestDatabase
let owner: Pool
let app: Db
let pools: Readonly<Record<RoleName, Pool>>
let ours: MadeOrganization
let theirs: MadeOrganization
let tables: readonly string[]

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  app = createDb({ url: database.urlFor('app'), max: 3 })
  const connect = (role: RoleName) => createPool({ url: database.urlFor(role), max: 1, applicationName: 'test' })
  pools = { app: connect('app'), gateway: connect('gateway'), shipper: connect('shipper'), worker: connect('worker') }
  ours = await createOrganizationWith(app, { name: 'Ours' })
  theirs = await createOrganizationWith(app, { name: 'Theirs' })
  const key = await createKeyWith(app, {
    orgId: theirs.orgId,
    holder: { kind: 'service', teamId: theirs.defaultTeamId },
  })
  await ingestUsageEvents(pools.shipper, { events: [buildUsageEvent({ orgId: theirs.orgId, keyId: key.keyId })] })
  tables = await names(TENANT_TABLES)
}, 90_000)

afterAll(async () => {
  await Promise.all([app.$disconnect(), owner.end(), ...Object.values(pools).map((pool) => pool.end())])
  await database.drop()
})

const names = async (sql: string, values: unknown[] = []): Promise<readonly string[]> =>
  (await owner.query<{ name: string }>(sql, values)).rows.map((row) => row.name)

const TENANT_TABLES = `
  SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`

/** As `role`, inside a transaction of one tenant or of none, undone afterwards. */
const asTenant = async <T>(role: RoleName, orgId: string | null, work: (pool: Pick<Pool, 'query'>) => Promise<T>) => {
  const connection = await pools[role].connect()
  try {
    await connection.query('BEGIN')
    await connection.query(`SELECT set_config('atpar.org_id', $1, true)`, [orgId ?? ''])
    return await work(connection)
  } finally {
    await connection.query('ROLLBACK')
    connection.release()
  }
}

const DENIED = /permission denied|row-level security/

/** Rows, or what the database said no with. */
const count = async (pool: Pick<Pool, 'query'>, sql: string, values: unknown[] = []): Promise<number | string> => {
  try {
    return (await pool.query(sql, values)).rowCount ?? 0
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** What a role with one tenant at most may still find without one: nothing. Services over all organizations are named here, table by table. */
const ACROSS_ORGANIZATIONS: Readonly<Record<RoleName, 'nothing' | 'all' | readonly string[]>> = {
  app: 'nothing',
  gateway: ['change_log'],
  shipper: ['period_close', 'usage_event', 'usage_rollup_hourly'],
  worker: 'all',
}

describe('every table and partition of a tenant', () => {
  it('enables and forces row-level security, with a policy that binds what is read and what is written', async () => {
    expect(tables.length).toBeGreaterThan(30)
    expect(
      await names(
        `
        SELECT c.relname AS name FROM pg_class c WHERE c.relname = ANY ($1) AND c.relnamespace = 'public'::regnamespace
          AND NOT (c.relrowsecurity AND c.relforcerowsecurity
            AND EXISTS (SELECT 1 FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname AND p.cmd = 'ALL'
              AND p.qual LIKE '%org_id = current_org()%' AND p.with_check LIKE '%org_id = current_org()%'))`,
        [tables],
      ),
    ).toEqual([])
  })

  it('is found by its organization through an index', async () => {
    expect(
      await names(
        `
        SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
        WHERE c.relname = ANY ($1) AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'change_log'
          AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indpred IS NULL AND i.indkey[0] = a.attnum)`,
        [tables],
      ),
    ).toEqual([])
  })

  it('names its organization in every row', async () => {
    // The change feed alone also speaks of the catalogue, which is nobody's.
    expect(
      await names(
        `
        SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attnotnull
        WHERE c.relname = ANY ($1) AND c.relnamespace = 'public'::regnamespace`,
        [tables],
      ),
    ).toEqual(['change_log'])
  })

  it.each(ROLES)(
    'shows %s nothing while no organization is chosen, but for what it serves over all of them',
    async (role) => {
      const allowed = ACROSS_ORGANIZATIONS[role]
      const seen: string[] = []
      for (const table of tables) {
        const result = await asTenant(role, null, (pool) => count(pool, `SELECT org_id FROM ${table}`))
        if (typeof result === 'string') expect(result).toMatch(DENIED)
        else if (result > 0) seen.push(table)
      }
      if (allowed === 'all') expect(seen).toContain('team')
      else expect(seen.filter((table) => allowed === 'nothing' || !allowed.includes(table))).toEqual([])
    },
  )

  it('lets the app select, change and delete no row of another organization, whatever it names', async () => {
    const reached: string[] = []
    for (const table of tables) {
      const select = `SELECT org_id FROM ${table} WHERE org_id = $1`
      const update = `UPDATE ${table} SET org_id = org_id WHERE org_id = $1`
      for (const sql of [select, update, `DELETE FROM ${table} WHERE org_id = $1`]) {
        const result = await asTenant('app', ours.orgId, (pool) => count(pool, sql, [theirs.orgId]))
        if (typeof result === 'string') expect(`${sql}: ${result}`).toMatch(DENIED)
        else if (result !== 0) reached.push(sql)
      }
    }
    expect(reached).toEqual([])
  })

  it('lets the app change no row of another organization through the columns it may write', async () => {
    const { rows } = await owner.query<{ relname: string; attname: string }>(
      `SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relname = ANY ($1) AND c.relnamespace = 'public'::regnamespace AND has_column_privilege('atpar_app', c.oid, a.attnum, 'UPDATE')`,
      [tables],
    )
    expect(rows.length).toBeGreaterThan(30)
    for (const { relname, attname } of rows) {
      const result = await asTenant('app', ours.orgId, (pool) =>
        count(pool, `UPDATE ${relname} SET ${attname} = DEFAULT WHERE org_id = $1`, [theirs.orgId]),
      )
      expect(`${relname}.${attname}: ${result}`).toMatch(/: 0$|permission denied/)
    }
  })

  it('refuses an entry for another organization, in every table the app may insert into', async () => {
    const insertable = await names(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
       WHERE c.relname = ANY ($1) AND c.relnamespace = 'public'::regnamespace AND has_column_privilege('atpar_app', c.oid, a.attnum, 'INSERT') ORDER BY 1`,
      [tables],
    )
    expect(insertable.length).toBeGreaterThan(10)
    for (const table of insertable) {
      const { rows } = await owner.query<{ columns: string; values: string }>(
        `SELECT string_agg(quote_ident(a.attname), ', ') AS columns,
           string_agg(CASE WHEN a.attname = 'org_id' THEN '$1::uuid' WHEN a.atttypid = 'uuid'::regtype THEN 'gen_random_uuid()'
             WHEN a.atttypid = 'bytea'::regtype THEN 'sha256(uuid_send(gen_random_uuid()))' WHEN a.atttypid = 'timestamptz'::regtype THEN 'now()'
             WHEN a.atttypid = 'jsonb'::regtype THEN '''{}''' WHEN a.atttypid IN ('text'::regtype, 'varchar'::regtype) THEN '''x'''
             WHEN a.atttypid = 'boolean'::regtype THEN 'true' WHEN a.atttypid = 'date'::regtype THEN 'now()' ELSE '1' END, ', ') AS values
         FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND (a.attname = 'org_id' OR (a.attnotnull AND NOT a.atthasdef))`,
        [table],
      )
      const sql = `INSERT INTO ${table} (${rows[0]?.columns}) VALUES (${rows[0]?.values})`
      const foreign = await asTenant('app', ours.orgId, (pool) => count(pool, sql, [theirs.orgId]))
      expect(`${table}: ${foreign}`).toMatch(DENIED)
      // The same entry for oneself fails, if at all, for another reason: it was the organization that was refused.
      const own = await asTenant('app', ours.orgId, (pool) => count(pool, sql, [ours.orgId]))
      expect(`${table}: ${own}`).not.toMatch(/row-level security/)
    }
  })
})

describe('functions that run as someone else', () => {
  it('may be called by nobody in general', async () => {
    expect(
      await names(`
        SELECT p.proname AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
          AND EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS granted WHERE granted.grantee = 0) ORDER BY 1`),
    ).toEqual([])
  })
})
