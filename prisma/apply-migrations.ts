import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { ensureRoles } from './database-roles.ts'
import { readMigrationEnv } from './env.ts'

/** The lock `prisma migrate` takes, so that it and this runner never work at the same time. https://www.prisma.io/docs/orm/prisma-migrate/workflows/development-and-production#advisory-locking */
const MIGRATION_LOCK = 72_707_369

const MIGRATIONS_FOLDER = join(import.meta.dirname, 'migrations')

interface Migration {
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file, as Prisma records it. */
  readonly checksum: string
}

interface AppliedMigration {
  readonly migration_name: string
  readonly checksum: string
  readonly is_finished: boolean
}

const readMigrations = async (folder: string): Promise<readonly Migration[]> => {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/** Prisma's own table in Prisma's own shape: `prisma migrate` stays usable where its engine can be had. */
const CREATE_RECORD = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id varchar(36) PRIMARY KEY,
  checksum varchar(64) NOT NULL,
  finished_at timestamptz,
  migration_name varchar(255) NOT NULL,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  applied_steps_count integer NOT NULL DEFAULT 0
)`

const readApplied = async (client: Client): Promise<readonly AppliedMigration[]> => {
  const { rows } = await client.query<AppliedMigration>(
    'SELECT migration_name, checksum, finished_at IS NOT NULL AS is_finished FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name',
  )
  return rows
}

/** Memberships that confer no rows (`INHERIT FALSE`) came with 16. */
const OLDEST_POSTGRES = 160_000

const refuseOldPostgres = async (client: Client): Promise<void> => {
  const { rows } = await client.query<{ version: number; name: string }>(
    "SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name",
  )
  const [server] = rows
  if (server !== undefined && server.version < OLDEST_POSTGRES) {
    throw new Error(`This is Postgres ${server.name}: Atpar needs 16 or newer.`)
  }
}

/** @throws Error when going on could damage data: it is newer than this code, was changed afterwards, or is half migrated. */
const refuseMismatch = (applied: readonly AppliedMigration[], known: readonly Migration[]): void => {
  const byName = new Map(known.map((migration) => [migration.name, migration]))
  for (const row of applied) {
    const migration = byName.get(row.migration_name)
    if (migration === undefined) {
      throw new Error(
        `This database was written by a newer Atpar: it holds migration ${row.migration_name}, which this version does not know. Update the code, or use another database.`,
      )
    }
    if (!row.is_finished) {
      throw new Error(
        `Migration ${row.migration_name} was begun and never finished. Look at the database, then mark it with "prisma migrate resolve".`,
      )
    }
    if (migration.checksum !== row.checksum) {
      throw new Error(
        `Migration ${row.migration_name} was changed after it had been applied. Restore the file (an applied migration is never edited) and write a new one.`,
      )
    }
  }
}

const applyOne = async (client: Client, migration: Migration): Promise<void> => {
  await client.query('BEGIN')
  try {
    await client.query(migration.sql)
    await client.query(
      'INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, clock_timestamp(), 1)',
      [randomUUID(), migration.checksum, migration.name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Error(
      `Migration ${migration.name} failed and was rolled back: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

export interface ApplyMigrationsOptions {
  readonly ownerUrl: string
  readonly rolePasswordSecret: string
  readonly log: (line: string) => void
  /** Other than the repository's own only in tests of the runner. */
  readonly folder?: string
}

/**
 * Brings the database to this code's schema: roles first, then every migration that is missing, each in a transaction of its own.
 * Several runners at once are fine: they wait for one another.
 * @returns the names of the migrations applied now.
 */
export const applyMigrations = async (options: ApplyMigrationsOptions): Promise<readonly string[]> => {
  const known = await readMigrations(options.folder ?? MIGRATIONS_FOLDER)
  const client = new Client({ connectionString: options.ownerUrl, application_name: 'atpar-migrations' })
  await client.connect()
  try {
    await refuseOldPostgres(client)
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await client.query(CREATE_RECORD)
    const applied = await readApplied(client)
    refuseMismatch(applied, known)
    await ensureRoles(client, options.rolePasswordSecret)
    const done = new Set(applied.map((row) => row.migration_name))
    const missing = known.filter((migration) => !done.has(migration.name))
    for (const migration of missing) {
      await applyOne(client, migration)
      options.log(`applied ${migration.name}`)
    }
    if (missing.length === 0) options.log(`nothing to apply, ${known.length} migrations are in place`)
    return missing.map((migration) => migration.name)
  } finally {
    // Ending the session gives the lock back, also when the connection is what failed.
    await client.end()
  }
}

if (import.meta.main) {
  const env = readMigrationEnv()
  try {
    await applyMigrations({
      ownerUrl: env.databaseUrl,
      rolePasswordSecret: env.rolePasswordSecret,
      log: (line) => process.stdout.write(`${line}\n`),
    })
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
