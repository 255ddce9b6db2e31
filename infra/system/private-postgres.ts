import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyMigrations } from '@atpar/prisma/apply-migrations'
import { deriveRolePassword, type LoginRole } from '@atpar/prisma/database-roles'
import { findRandomPort } from '@atpar/tooling/ports'
import { createCluster, postgresUser, startPostgres, usablePostgres } from '@atpar/tooling/postgres'
import { endGroup } from '@atpar/tooling/process-groups'
import { startWatchdog } from '@atpar/tooling/watchdog'
import type { DatabaseRole } from '@atpar/testkit/postgres'

/** A durable Postgres of its own, for runs that kill it: the shared test cluster has no fsync and other tests on it. */
export interface PrivatePostgres {
  readonly ownerUrl: string
  urlFor(role: DatabaseRole): string
  kill9(): Promise<void>
  restart(): Promise<void>
  /** Where its files are: a run that kills it may put an older copy of them in place. */
  readonly dataDirectory: string
  /** Ends it and removes its files. */
  drop(): Promise<void>
}

const OWNER = 'atpar_owner'
const PASSWORD = 'only-for-tests'
const ROLE_SECRET = 'only-for-tests'

export const startPrivatePostgres = async (): Promise<PrivatePostgres> => {
  const folder = await mkdtemp(join(tmpdir(), 'atpar-postgres-'))
  // Root's Postgres runs as another user, who has to pass through here to its data.
  await chmod(folder, 0o755)
  const user = postgresUser()
  const binaries = usablePostgres({ user, copyTo: join(folder, 'binaries') })
  const dataDirectory = join(folder, 'data')
  createCluster({ binaries, dataDirectory, user, owner: OWNER, password: PASSWORD })
  const port = await findRandomPort()
  const watchdog = startWatchdog()
  const launch = async (): Promise<number> => {
    const child = await startPostgres({
      binaries,
      dataDirectory,
      user,
      port,
      logFile: join(folder, 'postgres.log'),
      settings: { max_connections: '100' },
    })
    child.unref()
    watchdog.watch(child.pid, { signal: 'SIGINT' })
    return child.pid
  }
  let pid = await launch()
  const ownerUrl = `postgres://${OWNER}:${PASSWORD}@127.0.0.1:${port}/postgres`
  await applyMigrations({ ownerUrl, rolePasswordSecret: ROLE_SECRET, log: () => {} })
  const end = async (signal: 'SIGKILL' | 'SIGINT'): Promise<void> => {
    await endGroup(pid, { signal })
    watchdog.release(pid)
  }
  return {
    ownerUrl,
    dataDirectory,
    urlFor: (role) => {
      const name: LoginRole = `atpar_${role}`
      return ownerUrl.replace(`${OWNER}:${PASSWORD}`, `${name}:${deriveRolePassword(ROLE_SECRET, name)}`)
    },
    kill9: () => end('SIGKILL'),
    restart: async () => {
      pid = await launch()
    },
    drop: async () => {
      await end('SIGINT')
      watchdog.dismiss()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
