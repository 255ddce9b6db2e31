import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createDb, type Db } from '@atpar/db/client'
import { createPool, type Pool } from '@atpar/db/pool'
import { createTestDatabase } from '@atpar/testkit/postgres'
import { startProcess } from '@atpar/testkit/processes'
import { startTestRedis } from '@atpar/testkit/redis'
import { findRandomPort } from '@atpar/tooling/ports'
import { TEST_ENVIRONMENT } from './environment.ts'
import { catchMail, type CaughtMail } from './catch-mail.ts'

export type Scenario = 'empty' | 'demo' | 'acme' | 'over-budget'

export interface TestDashboard {
  readonly url: string
  /** Owner of the seeded organization, if the scenario has one. */
  readonly login: { readonly email: string; readonly password: string; readonly org: string } | null
  /** As the tables' owner, past every policy: for what a test has to arrange. */
  readonly pool: Pool
  readonly db: Db
  readonly ownerUrl: string
  /** The newest mail to this address once there is one; waits for it. */
  readonly mailTo: (address: string, subject?: RegExp) => Promise<CaughtMail>
  readonly output: () => string
  readonly stop: () => Promise<void>
}

const APP = fileURLToPath(new URL('..', import.meta.url))
const SEED = fileURLToPath(new URL('../../../prisma/seed/run.ts', import.meta.url))
const PASSWORD = 'a password only for tests'

const seed = async (databaseUrl: string, scenario: Scenario): Promise<TestDashboard['login']> => {
  const folder = mkdtempSync(join(tmpdir(), 'atpar-seed-'))
  const keyFile = join(folder, 'login.json')
  const env = {
    NODE_ENV: 'test' as const,
    DATABASE_URL: databaseUrl,
    KEY_PEPPERS: TEST_ENVIRONMENT.KEY_PEPPERS,
    DEMO_PASSWORD: PASSWORD,
    DEMO_KEY_FILE: keyFile,
  }
  await promisify(execFile)(process.execPath, [SEED, scenario], { env })
  const login = existsSync(keyFile) ? (JSON.parse(readFileSync(keyFile, 'utf8')) as TestDashboard['login']) : null
  rmSync(folder, { recursive: true })
  return login
}

/** The built dashboard on a database and a Redis of its own. */
export const startDashboard = async (
  scenario: Scenario,
  extraEnv: Readonly<Record<string, string>> = {},
): Promise<TestDashboard> => {
  if (!existsSync(join(APP, '.next', 'BUILD_ID')))
    throw new Error('The dashboard is not built. Run `next build` in apps/dashboard first.')
  const [database, redis, port] = await Promise.all([createTestDatabase(), startTestRedis(), findRandomPort()])
  const stopStores = () => Promise.all([database.drop(), redis.stop()])
  const login = await seed(database.ownerUrl, scenario)
  const mail = catchMail(redis.url)
  const url = `http://127.0.0.1:${port}`
  const next = await startProcess({
    name: 'dashboard',
    parameters: ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', String(port)],
    cwd: APP,
    healthUrl: `${url}/api/healthz`,
    env: {
      ...TEST_ENVIRONMENT,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      DATABASE_URL_APP: database.urlFor('app'),
      REDIS_URL: redis.url,
      NEXTAUTH_URL: url,
      COOKIE_NAME: `atpar-test-${port}`,
      INSTANCE_ID: `test-${port}`,
      ...extraEnv,
    },
  }).catch(async (error: unknown) => {
    await mail.stop()
    await stopStores()
    throw error
  })
  const pool = createPool({ url: database.ownerUrl, max: 2, applicationName: 'dashboard-test' })
  const db = createDb({ url: database.ownerUrl, max: 2 })
  return {
    url,
    login,
    pool,
    db,
    ownerUrl: database.ownerUrl,
    mailTo: mail.mailTo,
    output: next.output,
    stop: async () => {
      await next.stop()
      await mail.stop()
      await Promise.all([pool.end(), db.$disconnect()])
      await stopStores()
    },
  }
}
