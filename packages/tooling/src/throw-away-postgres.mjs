import { join } from 'node:path'
import { findRandomPort } from './ports.mjs'
import { createCluster, postgresUser, startPostgres, usablePostgres } from './postgres.mjs'

const OWNER = 'atpar_owner'
const PASSWORD = 'only-for-tests'

/**
 * A new Postgres for tests, with all its files in a folder that others may pass through. Nothing in it outlives the run, so it need not survive a power cut.
 * @param {string} folder
 */
export async function startThrowAwayPostgres(folder) {
  const user = postgresUser()
  const binaries = usablePostgres({ user, copyTo: join(folder, 'binaries') })
  const dataDirectory = join(folder, 'data')
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
  return { postgres, dataDirectory, url: `postgres://${OWNER}:${PASSWORD}@127.0.0.1:${port}/postgres` }
}
