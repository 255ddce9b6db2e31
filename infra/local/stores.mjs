import { join } from 'node:path'
import { answersPing, startRedis } from '../../packages/tooling/src/redis.mjs'
import { prepareDatabase, startEmbeddedDatabase } from './database.mjs'
import { DATA, LOGS } from './paths.mjs'
import { StartError } from './progress.mjs'
import { ensureRedis } from './redis-binary.mjs'

/**
 * @typedef {object} Stores
 * @property {Readonly<Record<string, string | undefined>>} settings
 * @property {import('./secrets.mjs').Secrets} secrets
 * @property {Readonly<Record<string, number>>} ports
 * @property {ReturnType<typeof import('./supervise.mjs').createSupervisor>} supervisor
 */

/**
 * The URL of the owner's database: the one that was given, or that of a private server started here.
 * @param {Stores} stores
 * @param {(words: string) => void} note
 */
export async function openDatabase({ settings, secrets, ports, supervisor }, note) {
  const given = settings['DATABASE_URL']
  if (given !== undefined) {
    note('from DATABASE_URL')
    await prepareDatabase(given)
    return given
  }
  const port = ports['postgres'] ?? 0
  note(`embedded, port ${port}`)
  const url = await startEmbeddedDatabase({
    port,
    password: secrets.POSTGRES_PASSWORD,
    note,
    onSpawn: (child) => supervisor.adopt('postgres', child, { signal: 'SIGINT', graceMs: 20_000 }),
  })
  await prepareDatabase(url)
  return url
}

/**
 * A TLS or ACL login is left to the services to try: this check speaks the plain protocol only.
 * @param {URL} url
 */
async function checkGivenRedis(url) {
  if (url.protocol !== 'redis:' || url.username !== '') return
  const target = { host: url.hostname, port: Number(url.port === '' ? 6379 : url.port), timeoutMs: 3_000 }
  const password = url.password === '' ? {} : { password: decodeURIComponent(url.password) }
  if (!(await answersPing({ ...target, ...password }))) {
    throw new StartError(`No Redis lets us in at ${target.host}:${target.port}, where REDIS_URL points.`)
  }
}

/**
 * The URL of Redis: the one that was given, or that of a private server started here.
 * @param {Stores} stores
 * @param {(words: string) => void} note
 */
export async function openRedis({ settings, secrets, ports, supervisor }, note) {
  const given = settings['REDIS_URL']
  if (given !== undefined) {
    note('from REDIS_URL')
    await checkGivenRedis(new URL(given))
    return given
  }
  const { binary, libraryPath, origin } = await ensureRedis(note)
  const port = ports['redis'] ?? 0
  await startRedis({
    binary,
    directory: join(DATA, 'redis'),
    port,
    logFile: join(LOGS, 'redis.log'),
    password: secrets.REDIS_PASSWORD,
    onSpawn: (child) => supervisor.adopt('redis', child),
    ...(libraryPath === undefined ? {} : { libraryPath }),
  })
  note(`embedded (${origin}), port ${port}`)
  return `redis://:${secrets.REDIS_PASSWORD}@127.0.0.1:${port}`
}
