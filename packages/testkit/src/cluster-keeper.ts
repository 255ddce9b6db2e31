// Runs as its own process: one throw-away Postgres cluster shared by all test processes of a user that were not
// given TEST_DATABASE_URL. A test process holds a connection to the keeper for as long as it lives, `kill -9`
// included, so the keeper knows when nobody is left and takes the cluster down.
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { endGroup } from '@atpar/tooling/process-groups'
import { startThrowAwayPostgres } from '@atpar/tooling/throw-away-postgres'
import { startWatchdog } from '@atpar/tooling/watchdog'

const IDLE_MS = 10_000

async function keepCluster(folder: string): Promise<void> {
  rmSync(join(folder, 'data'), { recursive: true, force: true })
  const { postgres, dataDirectory, url } = await startThrowAwayPostgres(folder)
  const watchdog = startWatchdog()
  watchdog.watch(postgres.pid, { signal: 'SIGINT' })

  const addressFile = join(folder, 'keeper.json')
  let holders = 0
  let idle: NodeJS.Timeout | undefined

  const stop = async (): Promise<void> => {
    rmSync(addressFile, { force: true })
    await endGroup(postgres.pid, { signal: 'SIGINT' })
    rmSync(dataDirectory, { recursive: true, force: true })
    watchdog.dismiss()
    process.exit(0)
  }
  const stopWhenIdle = (): void => {
    idle = setTimeout(() => void stop(), IDLE_MS)
  }
  const server = createServer((socket) => {
    holders += 1
    clearTimeout(idle)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      holders -= 1
      if (holders === 0) stopWhenIdle()
    })
    socket.write(`${url}\n`)
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The keeper has no port.')
    writeFileSync(`${addressFile}.new`, JSON.stringify({ keeperPort: address.port, pid: process.pid }), { mode: 0o600 })
    renameSync(`${addressFile}.new`, addressFile)
    stopWhenIdle()
  })
  postgres.once('exit', () => void stop())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop())
}

const folder = process.argv[2]
if (folder === undefined) throw new Error('Usage: cluster-keeper.ts FOLDER')
try {
  await keepCluster(folder)
} catch (error) {
  appendFileSync(join(folder, 'postgres.log'), `${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
