import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { fieldOf, wordOf } from '@atpar/core/usage-row'
import { createLogger } from '@atpar/observability/logger'
import { createPool } from '@atpar/db/pool'
import { createRedis } from '@atpar/redis/client'
import { ackSettled } from '@atpar/redis/hold-records'
import { dropKept } from '../journal/kept-segments.ts'
import { readShipperEnv } from './env.ts'
import { createPostgresSink } from './postgres-sink.ts'
import { runLoop } from './run-loop.ts'
import { createShipper } from './ship.ts'

const env = readShipperEnv()
const logger = createLogger({ service: 'shipper', level: env.LOG_LEVEL })
const log = (event: string, fields: Record<string, unknown>): void => logger.info(event, fields)

mkdirSync(env.JOURNAL_DIR, { recursive: true })
const pool = createPool({ url: env.DATABASE_URL_SHIPPER, max: 2, applicationName: 'atpar-shipper' })
const redis = createRedis({ url: env.REDIS_URL, connectionName: 'atpar-shipper', commandTimeoutMs: 1_000 })
const sink = createPostgresSink(pool, async (rows) => {
  // A hold covers all attempts of a request, so it is done with the last one. Of what a lease admitted Redis holds nothing by itself.
  const held = rows.filter((row) => fieldOf(row, 'leaseNumber') === 'null' && fieldOf(row, 'isFinal') === 'true')
  await ackSettled(
    redis,
    held.map((row) => ({ orgId: wordOf(row, 'orgId'), holdId: `${wordOf(row, 'requestId')}:1` })),
  )
})
/** A question by primary key, cheap enough to notice a failover before anybody looks for what it took. */
const VERIFY_EVERY_MS = 2_000
/** A boot that began is shipped this much later. */
const FIND_EVERY_MS = 500
const keeping = {
  keepMs: env.JOURNAL_KEEP_HOURS * 3_600_000,
  keepBytes: env.JOURNAL_KEEP_MEGABYTES * 1_048_576,
}
const shipper = createShipper({
  journalDirectory: env.JOURNAL_DIR,
  sink,
  batchSize: env.SHIPPER_BATCH,
  verifyEveryMs: VERIFY_EVERY_MS,
  findEveryMs: FIND_EVERY_MS,
  dropKept: () => dropKept(env.JOURNAL_DIR, keeping, Date.now()),
  log,
})

const server = createServer((request, response) => {
  const isKnown = request.method === 'GET' && request.url === '/healthz'
  response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify(
      isKnown ? { ok: true, service: 'shipper', instance: env.INSTANCE_ID, lag: shipper.status() } : { ok: false },
    ),
  )
})
server.listen(env.PORT, env.HOST, () => logger.info('shipper-ready', { port: env.PORT }))

const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort())

await runLoop({
  pass: () => shipper.pass(),
  intervalMs: env.SHIPPER_INTERVAL_MS,
  maxBackoffMs: 5_000,
  random: Math.random,
  log,
  signal: stopping.signal,
})

/** What is in the files now; the rest waits there for the next start. */
const shipRemainder = async (): Promise<void> => {
  try {
    while (await shipper.pass()) logger.debug('shipping-remainder')
  } catch (error) {
    logger.warn('remainder-left', { error: error instanceof Error ? error.message : String(error) })
  }
}
await shipRemainder()
server.close()
await shipper.close()
redis.disconnect()
await pool.end()
logger.info('shipper-ended')
