import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRandomPort } from '../../packages/tooling/src/ports.mjs'
import { postgresUser } from '../../packages/tooling/src/postgres.mjs'
import { startRedis } from '../../packages/tooling/src/redis.mjs'
import { startThrowAwayPostgres } from '../../packages/tooling/src/throw-away-postgres.mjs'

/**
 * One Postgres cluster and one Redis for a whole test run, in a folder that goes with it.
 * @param {import('./redis-binary.mjs').RedisBinary} redis
 * @param {ReturnType<typeof import('./supervise.mjs').createSupervisor>} supervisor
 */
export async function startTestStores(redis, supervisor) {
  // Root's Postgres runs as another user, to whom a private TMPDIR is closed.
  const folder = mkdtempSync(join(postgresUser() === undefined ? tmpdir() : '/var/tmp', 'atpar-test-'))
  chmodSync(folder, 0o755)
  const { postgres, url } = await startThrowAwayPostgres(folder)
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
    databaseUrl: url,
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
