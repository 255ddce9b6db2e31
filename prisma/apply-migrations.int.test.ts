import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { applyMigrations } from './apply-migrations.ts'

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

/** Only there for its cluster; the databases under test are made below, empty. */
let neighbour: TestDatabase
let folder: string
let database: string
const toDrop: string[] = []

/** The roles belong to the cluster, so the secret must be the one every other test there uses. */
const rolePasswordSecret = 'role-passwords-of-the-test-cluster'

const urlOf = (name: string): string => {
  const url = new URL(neighbour.ownerUrl)
  url.pathname = `/${name}`
  return url.href
}

const query = async <Row extends Record<string, unknown>>(url: string, sql: string): Promise<readonly Row[]> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

const createEmpty = async (owner?: string): Promise<string> => {
  const name = `atpar_runner_${randomBytes(5).toString('hex')}`
  await query(
    neighbour.ownerUrl,
    `CREATE DATABASE ${name} TEMPLATE template0${owner === undefined ? '' : ` OWNER ${owner}`}`,
  )
  toDrop.push(name)
  return urlOf(name)
}

const run = (url: string, migrations?: string): Promise<readonly string[]> =>
  applyMigrations({
    ownerUrl: url,
    rolePasswordSecret,
    log: () => undefined,
    ...(migrations === undefined ? {} : { folder: migrations }),
  })

const write = async (name: string, sql: string): Promise<void> => {
  await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, name, 'migration.sql'), sql)
}

beforeAll(async () => {
  neighbour = await createTestDatabase()
}, 90_000)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atpar-migrations-'))
  await write('1_make_thing', 'CREATE TABLE thing (id integer);')
  await write('2_fill_thing', 'INSERT INTO thing VALUES (1);')
  database = await createEmpty()
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

afterAll(async () => {
  for (const name of toDrop) await query(neighbour.ownerUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await query(neighbour.ownerUrl, 'DROP ROLE IF EXISTS plain_migrator')
  await neighbour.drop()
})

describe('applyMigrations', () => {
  it('applies what is missing, in order, and nothing twice', async () => {
    expect(await run(database, folder)).toEqual(['1_make_thing', '2_fill_thing'])
    expect(await run(database, folder)).toEqual([])
    await write('3_fill_thing', 'INSERT INTO thing VALUES (2);')
    expect(await run(database, folder)).toEqual(['3_fill_thing'])
    expect(await query(database, 'SELECT count(*)::int AS things FROM thing')).toEqual([{ things: 2 }])
  })

  it('lets several runners start at once: one works, the others wait and find it done', async () => {
    const results = await Promise.all(Array.from({ length: 5 }, () => run(database, folder)))
    expect(results.flat().toSorted()).toEqual(['1_make_thing', '2_fill_thing'])
  })

  it('migrates several databases of one cluster at once, though they share the roles', async () => {
    const databases = await Promise.all(Array.from({ length: 4 }, () => createEmpty()))
    const results = await Promise.all(databases.map((url) => run(url)))
    expect(results.every((names) => names.length === results[0]?.length && names.length > 1)).toBe(true)
  }, 60_000)

  it('refuses data that a newer version wrote, and leaves it alone', async () => {
    await write('3_future', 'CREATE TABLE future (id integer);')
    await run(database, folder)
    await rm(join(folder, '3_future'), { recursive: true })
    await write('2b_other', 'DROP TABLE thing;')
    await expect(run(database, folder)).rejects.toThrow(/newer Atpar.*3_future/)
    expect(await query(database, 'SELECT count(*)::int AS things FROM thing')).toEqual([{ things: 1 }])
  })

  it('refuses a migration that was edited after it had been applied', async () => {
    await run(database, folder)
    await write('1_make_thing', 'CREATE TABLE thing (id bigint);')
    await expect(run(database, folder)).rejects.toThrow(/1_make_thing was changed/)
  })

  it('refuses to go on after one that was begun and never finished', async () => {
    await run(database, folder)
    await query(database, "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_fill_thing'")
    await expect(run(database, folder)).rejects.toThrow(/2_fill_thing was begun and never finished/)
  })

  it('undoes a migration that fails half-way, keeps those before it, and names it', async () => {
    await write('3_break', 'INSERT INTO thing VALUES (3); SELECT 1 / 0;')
    await expect(run(database, folder)).rejects.toThrow(/3_break failed and was rolled back: division by zero/)
    expect(await query(database, 'SELECT array_agg(id) AS ids FROM thing')).toEqual([{ ids: [1] }])
    await write('3_break', 'INSERT INTO thing VALUES (4);')
    expect(await run(database, folder)).toEqual(['3_break'])
  })

  it("records them in Prisma's table with Prisma's checksum", async () => {
    await run(database, folder)
    expect(
      await query(
        database,
        'SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, applied_steps_count AS steps FROM _prisma_migrations ORDER BY 1 LIMIT 1',
      ),
    ).toEqual([
      {
        migration_name: '1_make_thing',
        // sha256sum of the file.
        checksum: '172ed22594a40c3698c9386ea8e25d9c3743fad90a86d46918c6cbbfa06e2496',
        finished: true,
        steps: 1,
      },
    ])
  })

  it('gives each service a role it can log in with, and each only its own rights', async () => {
    for (const role of ['app', 'gateway', 'shipper', 'worker'] as const) {
      expect(await query(neighbour.urlFor(role), 'SELECT current_user::text AS role')).toEqual([
        { role: `atpar_${role}` },
      ])
      await expect(query(neighbour.urlFor(role), 'CREATE TABLE mine (id integer)')).rejects.toThrow(/permission denied/)
    }
    const wrong = new URL(neighbour.urlFor('app'))
    wrong.password = 'guess'
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/)
  })

  it('works for an owner who is no superuser, and binds that owner by the policies too', async () => {
    await query(neighbour.ownerUrl, "CREATE ROLE plain_migrator LOGIN CREATEROLE PASSWORD 'plain'")
    // What a role with CREATEROLE gets over roles it creates; here they were created by someone else before.
    await query(
      neighbour.ownerUrl,
      'GRANT atpar_app, atpar_gateway, atpar_shipper, atpar_worker, atpar_definer TO plain_migrator WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',
    )
    const url = new URL(await createEmpty('plain_migrator'))
    url.username = 'plain_migrator'
    url.password = 'plain'
    expect((await run(url.href)).length).toBeGreaterThan(1)
    await cp(join(import.meta.dirname, 'migrations'), folder, { recursive: true })
    expect(await run(url.href)).toEqual([])
    const id = '019aaaaa-0000-7000-8000-000000000001'
    const readSeq = async (): Promise<number> =>
      Number((await query(url.href, 'SELECT seq::int AS seq FROM change_counter'))[0]?.['seq'])
    const before = await readSeq()
    await expect(
      query(url.href, `INSERT INTO organization (id, slug, name) VALUES ('${id}', 'plain', 'Plain')`),
    ).rejects.toThrow(/row-level security/)
    await query(
      url.href,
      `BEGIN; SET LOCAL atpar.org_id = '${id}'; INSERT INTO organization (id, slug, name) VALUES ('${id}', 'plain', 'Plain'); COMMIT`,
    )
    expect(await query(url.href, 'SELECT slug FROM organization')).toEqual([])
    expect(await readSeq()).toBe(before + 1)
  }, 60_000)
})
