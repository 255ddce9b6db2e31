import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { testEnvironment } from './env.ts'

const START_TIMEOUT_MS = 60_000
const STALE_LOCK_MS = 60_000

const folder = join(tmpdir(), `atpar-testkit-${process.getuid?.() ?? 0}`)
const addressFile = join(folder, 'keeper.json')
const lock = join(folder, 'starting')

/** Joins the running keeper, if there is one. The socket stays open, unreferenced, and is what keeps the cluster up. */
function joinKeeper(): Promise<string | undefined> {
  if (!existsSync(addressFile)) return Promise.resolve(undefined)
  const { keeperPort } = JSON.parse(readFileSync(addressFile, 'utf8')) as { keeperPort: number }
  return new Promise((resolve) => {
    const socket = connect({ port: keeperPort, host: '127.0.0.1' })
    socket.once('error', () => resolve(undefined))
    socket.once('close', () => resolve(undefined))
    socket.once('data', (bytes) => {
      socket.on('error', () => socket.destroy())
      socket.unref()
      resolve(bytes.toString().trim())
    })
  })
}

function takeLock(): boolean {
  // Root's Postgres runs as another user, who has to pass through here to its data.
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > STALE_LOCK_MS)
    rmSync(lock, { recursive: true, force: true })
  try {
    mkdirSync(lock)
    return true
  } catch {
    // Another test process is starting the keeper this very moment.
    return false
  }
}

async function startKeeper(deadline: number): Promise<boolean> {
  rmSync(addressFile, { force: true })
  const keeper = fileURLToPath(new URL('./cluster-keeper.ts', import.meta.url))
  const child = spawn(process.execPath, [keeper, folder], { detached: true, stdio: 'ignore', cwd: '/' })
  let isOver = false
  child.once('exit', () => {
    isOver = true
  })
  while (!existsSync(addressFile) && !isOver && Date.now() < deadline) await sleep(30)
  child.unref()
  return !isOver
}

async function startOrJoinKeeper(): Promise<string> {
  const deadline = Date.now() + START_TIMEOUT_MS
  let isHopeful = true
  while (isHopeful && Date.now() < deadline) {
    const url = await joinKeeper()
    if (url !== undefined) return url
    if (takeLock()) {
      isHopeful = await startKeeper(deadline)
      rmSync(lock, { recursive: true, force: true })
    } else {
      await sleep(50)
    }
  }
  const logFile = join(folder, 'postgres.log')
  const lastLines = existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : ''
  throw new Error(`The test cluster did not start. Its last lines:\n${lastLines}`)
}

let shared: Promise<string> | undefined

/** URL of a superuser on a cluster where a test may create databases and roles as it likes. */
export function clusterUrl(): Promise<string> {
  if (testEnvironment.databaseUrl !== undefined) return Promise.resolve(testEnvironment.databaseUrl)
  shared ??= startOrJoinKeeper()
  return shared
}
