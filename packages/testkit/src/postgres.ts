import { spawn } from 'node:child_process'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { clusterUrl } from './cluster.ts'

export type DatabaseRole = 'app' | 'gateway' | 'shipper' | 'worker'

export interface TestDatabase {
  /** Connects as the owner of every table (migrates, seeds; row-level security still applies to it where forced). */
  readonly ownerUrl: string
  /** Connects as one of the four roles the services use. */
  readonly urlFor: (role: DatabaseRole) => string
  readonly drop: () => Promise<void>
}

const PRISMA_FOLDER = fileURLToPath(new URL('../../../prisma/', import.meta.url))
/** Any value will do as long as every database of a cluster uses the same: roles belong to the cluster. */
const ROLE_PASSWORD_SECRET = 'role-passwords-of-the-test-cluster'
/** Names the advisory lock under which templates are made and roles are altered. */
const TEMPLATE_LOCK = 4_705_311

function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

function rolePassword(role: string): string {
  return createHmac('sha256', ROLE_PASSWORD_SECRET).update(role).digest('hex')
}

function hashMigrations(): string {
  const hash = createHash('sha256')
  const scripts = readdirSync(PRISMA_FOLDER).filter((name) => name.endsWith('.ts'))
  const migrations = readdirSync(join(PRISMA_FOLDER, 'migrations'))
    .map((name) => join('migrations', name, 'migration.sql'))
    .filter((name) => existsSync(join(PRISMA_FOLDER, name)))
  for (const name of [...scripts, ...migrations].toSorted()) {
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(PRISMA_FOLDER, name)))
      .update('\0')
  }
  return hash.digest('hex').slice(0, 12)
}

function applyMigrations(databaseUrl: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(PRISMA_FOLDER, 'apply-migrations.ts')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { DATABASE_URL: databaseUrl, ROLE_PASSWORD_SECRET, NODE_ENV: 'test' },
    })
    let output = ''
    const collect = (bytes: Buffer): void => {
      output += bytes.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`apply-migrations.ts ended with code ${code ?? 'none'}:\n${output.trim()}`))
    })
  })
}

/**
 * The migrated, empty database every test database is copied from, made once per cluster and set of migrations.
 * Copying it takes some 50 ms where applying the migrations takes seconds.
 */
async function ensureTemplate(client: Client, cluster: string): Promise<string> {
  const template = `atpar_template_${hashMigrations()}`
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK])
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template])
    if (rowCount === 0) {
      const draft = `${template}_draft`
      await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`)
      await client.query(`CREATE DATABASE ${draft} TEMPLATE template0`)
      await applyMigrations(withDatabase(cluster, draft))
      await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`)
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
  return template
}

async function asSuperuser<T>(cluster: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: cluster })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * A migrated, empty database of its own for one test file. Uses the cluster of TEST_DATABASE_URL, or starts a
 * throw-away one that lives for as long as test processes use it.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const cluster = await clusterUrl()
  const name = `atpar_test_${randomBytes(6).toString('hex')}`
  await asSuperuser(cluster, async (client) => {
    const template = await ensureTemplate(client, cluster)
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  })
  const ownerUrl = withDatabase(cluster, name)
  return {
    ownerUrl,
    urlFor: (role) => {
      const url = new URL(ownerUrl)
      url.username = `atpar_${role}`
      url.password = rolePassword(`atpar_${role}`)
      return url.href
    },
    drop: () =>
      asSuperuser(cluster, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      }),
  }
}
