import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRandomPort } from '../../packages/tooling/src/ports.mjs'
import { createCluster, postgresUser, startPostgres, usablePostgres } from '../../packages/tooling/src/postgres.mjs'
import { startRedis } from '../../packages/tooling/src/redis.mjs'

const OWNER = 'atpar_owner'
const PASSWORD = 'only-for-tests'

/**
 * One Postgres cluster and one Redis for a whole test run, in a folder that goes with it.
 * @param {import('./redis-binary.mjs').RedisBinary} redis
 * @param {ReturnType<typeof import('./supervise.mjs').createSupervisor>} supervisor
 */
export async function startTestStores(redis, supervisor) {
  const user = postgresUser()
  // Root's Postgres runs as another user, to whom a private TMPDIR is closed.
  const folder = mkdtempSync(join(user === undefined ? tmpdir() : '/var/tmp', 'atpar-test-'))
  chmodSync(folder, 0o755)
  const binaries = usablePostgres({ user, copyTo: join(folder, 'binaries') })
  const dataDirectory = join(folder, 'postgres')
  createCluster({ binaries, dataDirectory, user, owner: OWNER, password: PASSWORD, isDurable: false })
  const port = await findRandomPort()
  const postgres = await startPostgres({
    binaries,
    dataDirectory,
    user,
    port,
    logFile: join(folder, 'postgres.log'),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' },
  })
  supervisor.adopt('postgres', postgres, { signal: 'SIGINT' })
  const redisPort = await findRandomPort()
  const server = await startRedis({
    binary: redis.binary,
    directory: join(folder, 'redis'),
    port: redisPort,
    logFile: join(folder, 'redis.log'),
    appendOnly: false,
    ...(redis.libraryPath === undefined ? {} : { libraryPath: redis.libraryPath }),
  })
  supervisor.adopt('redis', server)
  return {
    databaseUrl: `postgres://${OWNER}:${PASSWORD}@127.0.0.1:${port}/postgres`,
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
