import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { seedCatalogue } from '@atpar/prisma/seed-catalogue'
import { startSimulators, type Simulators } from '@atpar/simulators/start'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { startProcess, type TestProcess } from '@atpar/testkit/processes'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { findRandomPort } from '@atpar/tooling/ports'
import { Client, Pool } from 'pg'
import { startPrivatePostgres, type PrivatePostgres } from './private-postgres.ts'
import { TRAFFIC_NODE_OPTIONS } from '../local/node-options.mjs'
import { sealingPublicKey } from '../local/sealing-key.mjs'
import { startSlowWire, type SlowWire } from './slow-redis.ts'
import {
  INTERNAL_TOKEN,
  KEY_PEPPERS,
  SEALING_PRIVATE_KEY,
  STRIPE_SECRET_KEY,
  STRIPE_WEBHOOK_SECRET,
} from './secrets.ts'

/** The product without its dashboard, as real processes on throw-away stores: what faults are played against. */
export interface RunningSystem {
  readonly database: TestDatabase & Partial<Pick<PrivatePostgres, 'kill9' | 'restart' | 'dataDirectory'>>
  readonly redis: TestRedis
  /** Between the proxies and Redis, when asked for. */
  readonly wire: SlowWire | null
  /** Between the proxies with their shipper and Postgres, when asked for. */
  readonly postgresWire: SlowWire | null
  /** Null when the upstream was given. */
  readonly simulators: Simulators | null
  readonly proxies: readonly TestProcess[]
  readonly proxyUrls: readonly string[]
  readonly shipper: TestProcess
  readonly shipperUrl: string
  readonly worker: TestProcess | null
  /** Null unless asked for. */
  readonly dashboard: TestProcess | null
  readonly dashboardUrl: string | null
  /** Where journals and snapshots are kept. */
  readonly folder: string
  /** As the owner of the tables, for looking; it is under row-level security like everyone unless it sets a tenant or is a superuser. */
  readonly owner: Pool
  stop(): Promise<void>
}

export interface SystemOptions {
  /** Another upstream in place of the simulators. */
  readonly upstreamUrl?: string
  readonly tokenDelayMs?: number
  readonly proxies?: number
  readonly worker?: boolean
  /** The built dashboard on top, pointing at the first proxy. */
  readonly dashboard?: boolean
  /** Lets organizations name addresses of this machine as endpoints of their own. */
  readonly localEndpoints?: boolean
  /** Lets the proxies reach Redis over a wire that can be made slow. */
  readonly slowWire?: boolean
  /** Lets the proxies and their shipper reach Postgres over a wire that can be cut. */
  readonly postgresWire?: boolean
  /** Lets the worker collect, and the dashboard take cards and hear webhooks, through the simulated Stripe. */
  readonly stripe?: boolean
  /** A Postgres of its own that can be killed. */
  readonly privatePostgres?: boolean
  /** By how much the clock of each proxy's machine is wrong, in their order; 0 for the rest. */
  readonly clockSkewsMs?: readonly number[]
  /** The disk of the journal can be filled (see `FULL_DISK_FLAG`). Each of its writes then looks first whether it is. */
  readonly faultyDisk?: boolean
  readonly proxyEnv?: Readonly<Record<string, string>>
  readonly shipperEnv?: Readonly<Record<string, string>>
  readonly workerEnv?: Readonly<Record<string, string>>
}

/** While a file of this name is in the folder of a system with a `faultyDisk`, the proxies' journals cannot be written. */
export const FULL_DISK_FLAG = 'disk-is-full'

const ROOT = join(import.meta.dirname, '..', '..')

export const startSystem = async (options: SystemOptions = {}): Promise<RunningSystem> => {
  const folder = await mkdtemp(join(tmpdir(), 'atpar-system-'))
  const [database, redis, simulators] = await Promise.all([
    openDatabase(options),
    startTestRedis({ appendonly: true }),
    options.upstreamUrl === undefined
      ? startSimulators({ tokenDelayMs: options.tokenDelayMs ?? 0, smtpPort: 0 })
      : null,
  ])
  const wire = options.slowWire === true ? await startSlowWire(redis) : null
  const postgresWire =
    options.postgresWire === true ? await startSlowWire({ port: Number(new URL(database.ownerUrl).port) }) : null
  const urlBesideProxies = (role: 'gateway' | 'shipper'): string => {
    const url = new URL(database.urlFor(role))
    if (postgresWire !== null) url.host = `127.0.0.1:${postgresWire.port}`
    return url.href
  }
  const journal = join(folder, 'journal')
  const common = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    INSTANCE_ID: 'system',
    LOG_LEVEL: 'info',
    REDIS_URL: redis.url,
    SIMULATION: 'on',
    LOCAL_ENDPOINTS: options.localEndpoints === true ? 'on' : 'off',
  }
  const startOne = async (
    name: string,
    plan: {
      readonly cwd: string
      readonly script: string
      readonly nodeOptions?: readonly string[]
      readonly env: Readonly<Record<string, string>>
      /** A module that changes the machine under the process, before it starts. */
      readonly preload?: string
    },
  ): Promise<{ readonly process: TestProcess; readonly url: string }> => {
    const port = await findRandomPort()
    const url = `http://127.0.0.1:${port}`
    return {
      process: await startProcess({
        name,
        parameters: [
          ...(plan.nodeOptions ?? []),
          ...(plan.preload === undefined ? [] : ['--import', plan.preload]),
          plan.script,
        ],
        cwd: join(ROOT, plan.cwd),
        env: { ...common, PORT: String(port), ...plan.env },
        healthUrl: `${url}/healthz`,
        // All of them start at once, and perhaps beside other work.
        timeoutMs: 60_000,
      }),
      url,
    }
  }
  const startingShipper = startOne('shipper', {
    cwd: 'apps/proxy',
    script: 'src/shipper/main.ts',
    nodeOptions: TRAFFIC_NODE_OPTIONS,
    env: { JOURNAL_DIR: journal, DATABASE_URL_SHIPPER: urlBesideProxies('shipper'), ...options.shipperEnv },
  })
  const startingProxies = Promise.all(
    Array.from({ length: options.proxies ?? 1 }, (_, index) =>
      startOne(`proxy-${index + 1}`, {
        cwd: 'apps/proxy',
        script: 'src/main.ts',
        nodeOptions: TRAFFIC_NODE_OPTIONS,
        preload: faultyMachine({
          skew: String(options.clockSkewsMs?.[index] ?? 0),
          flag: options.faultyDisk === true ? join(folder, FULL_DISK_FLAG) : '',
          journal,
        }),
        env: {
          DATABASE_URL_GATEWAY: urlBesideProxies('gateway'),
          KEY_PEPPERS,
          SEALING_PRIVATE_KEYS: SEALING_PRIVATE_KEY,
          INTERNAL_TOKEN,
          JOURNAL_DIR: journal,
          PROXY_ID: `proxy-${index + 1}`,
          SNAPSHOT_FILE: join(folder, `snapshot-${index + 1}.json`),
          // The product's 50 ms would trip on a test machine that has every core taken; runs about slowness set their own.
          PROXY_REDIS_TIMEOUT_MS: '1000',
          SIMULATORS_URL: options.upstreamUrl ?? simulators?.url ?? '',
          ...(wire === null ? {} : { REDIS_URL: wire.url }),
          ...options.proxyEnv,
        },
      }),
    ),
  )
  const startingWorker =
    options.worker === true
      ? startOne('worker', {
          cwd: 'apps/worker',
          script: 'src/main.ts',
          env: {
            DATABASE_URL_WORKER: database.urlFor('worker'),
            JOURNAL_DIR: journal,
            DASHBOARD_URL: 'http://127.0.0.1:1',
            SMTP_URL: `smtp://127.0.0.1:${simulators?.smtpPort ?? 1}`,
            ...(options.stripe === true ? { STRIPE_SECRET_KEY, STRIPE_API_URL: simulators?.url ?? '' } : {}),
            ...options.workerEnv,
          },
        })
      : null
  const [shipper, proxies, worker] = await Promise.all([startingShipper, startingProxies, startingWorker])
  const dashboard =
    options.dashboard === true
      ? await startDashboard({
          database,
          redisUrl: redis.url,
          proxyUrl: proxies[0]?.url ?? '',
          simulatorsUrl: simulators?.url ?? '',
          isCollecting: options.stripe === true,
          localEndpoints: options.localEndpoints === true,
        })
      : null
  if (options.stripe === true && dashboard !== null)
    simulators?.stripe.addWebhookEndpoint({ url: `${dashboard.url}/api/stripe/webhook`, secret: STRIPE_WEBHOOK_SECRET })
  const owner = new Pool({ connectionString: database.ownerUrl, max: 4 })
  // A Postgres that is restarted on purpose ends idle connections; without a listener that would end the test as well.
  owner.on('error', () => {})
  return {
    database,
    redis,
    wire,
    postgresWire,
    simulators,
    proxies: proxies.map((each) => each.process),
    proxyUrls: proxies.map((each) => each.url),
    shipper: shipper.process,
    shipperUrl: shipper.url,
    worker: worker?.process ?? null,
    dashboard: dashboard?.process ?? null,
    dashboardUrl: dashboard?.url ?? null,
    folder,
    owner,
    stop: async () => {
      await dashboard?.process.stop()
      await Promise.all(proxies.map((each) => each.process.stop()))
      await shipper.process.stop()
      await worker?.process.stop()
      await owner.end()
      await simulators?.close()
      await wire?.close()
      await postgresWire?.close()
      await redis.stop()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const openDatabase = async ({ privatePostgres }: SystemOptions): Promise<RunningSystem['database']> => {
  const database = privatePostgres === true ? await startPrivatePostgres() : await createTestDatabase()
  await seedPrices(database.ownerUrl)
  return database
}

const faultyMachine = (wrong: Readonly<Record<string, string>>): string => {
  const url = pathToFileURL(join(import.meta.dirname, 'faulty-machine.mjs'))
  url.search = new URLSearchParams(wrong).toString()
  return url.href
}

const seedPrices = async (ownerUrl: string): Promise<void> => {
  const client = new Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await seedCatalogue(client)
    // Tests run on any day, and the models they name are taken away one after the other.
    await client.query('UPDATE offering SET retires_on = NULL, successor_id = NULL WHERE retires_on IS NOT NULL')
  } finally {
    await client.end()
  }
}

interface DashboardPlan {
  readonly database: Pick<TestDatabase, 'urlFor'>
  readonly redisUrl: string
  readonly proxyUrl: string
  readonly simulatorsUrl: string
  readonly isCollecting: boolean
  readonly localEndpoints: boolean
}

const startDashboard = async (
  plan: DashboardPlan,
): Promise<{ readonly process: TestProcess; readonly url: string }> => {
  if (!existsSync(join(ROOT, 'apps/dashboard/.next/BUILD_ID')))
    throw new Error('The dashboard is not built. Run `next build` in apps/dashboard first.')
  const port = await findRandomPort()
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    process: await startProcess({
      name: 'dashboard',
      parameters: ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', String(port)],
      cwd: join(ROOT, 'apps/dashboard'),
      healthUrl: `${url}/api/healthz`,
      timeoutMs: 30_000,
      env: {
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        DATABASE_URL_APP: plan.database.urlFor('app'),
        REDIS_URL: plan.redisUrl,
        NEXTAUTH_SECRET: 'a session secret only for tests',
        NEXTAUTH_URL: url,
        PROXY_URL: plan.proxyUrl,
        SIMULATORS_URL: plan.simulatorsUrl,
        SIMULATION: 'on',
        KEY_PEPPERS,
        SEALING_PUBLIC_KEY: sealingPublicKey(SEALING_PRIVATE_KEY),
        PROXY_INTERNAL_URL: plan.proxyUrl,
        INTERNAL_TOKEN,
        COOKIE_NAME: `atpar-system-${port}`,
        LOCAL_ENDPOINTS: plan.localEndpoints ? 'on' : 'off',
        SOURCE_COMMIT: 'system-test',
        INSTANCE_ID: 'system',
        ...(plan.isCollecting ? { STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, STRIPE_API_URL: plan.simulatorsUrl } : {}),
      },
    }),
  }
}
