import { spawn } from 'node:child_process'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The first of the named programs on PATH.
 * @param {readonly string[]} names
 * @param {string} searchPath a PATH-like list of folders
 * @returns {string | undefined}
 */
export function findProgram(names, searchPath) {
  for (const name of names) {
    for (const folder of searchPath.split(delimiter)) {
      const candidate = join(folder, name)
      if (folder !== '' && existsSync(candidate)) return candidate
    }
  }
  return undefined
}

/**
 * Asks a Redis for PONG without a client library, so that the bootstrap can do it before anything is installed.
 * @param {{ port: number, host?: string, password?: string, timeoutMs?: number }} target
 * @returns {Promise<boolean>}
 */
export function answersPing({ port, host = '127.0.0.1', password, timeoutMs = 500 }) {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
    let answer = ''
    /** @param {boolean} isUp */
    const finish = (isUp) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.setTimeout(timeoutMs, () => finish(false))
    socket.once('error', () => finish(false))
    socket.once('close', () => finish(false))
    socket.once('connect', () => socket.write(`${password === undefined ? '' : `AUTH ${password}\r\n`}PING\r\n`))
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1')
      if (answer.includes('+PONG')) finish(true)
      // -LOADING: it is up and reading its append-only file; the caller asks again.
      else if (answer.includes('-')) finish(false)
    })
  })
}

/**
 * @typedef {object} RedisOptions
 * @property {string} binary
 * @property {string} directory private folder for its files
 * @property {number} port
 * @property {string} logFile
 * @property {string} [password]
 * @property {boolean} [appendOnly] keep an append-only file, synced every second (default true)
 * @property {string} [libraryPath] where its shared libraries are when it was unpacked rather than installed
 * @property {(child: import('node:child_process').ChildProcess) => void} [onSpawn] called at once, long before it can be used: for whoever has to end it, whatever happens meanwhile
 * @property {number} [timeoutMs]
 */

/**
 * Runs a private Redis on 127.0.0.1 in its own process group and resolves once it answers. It never evicts: a
 * counter that vanished to make room would be a limit that does not hold.
 * @param {RedisOptions} options
 * @returns {Promise<import('node:child_process').ChildProcess & { pid: number }>}
 */
export async function startRedis(options) {
  const {
    binary,
    directory,
    port,
    logFile,
    password,
    appendOnly = true,
    libraryPath,
    timeoutMs = 30_000,
    onSpawn,
  } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const configFile = join(directory, 'redis.conf')
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir "${directory}"`,
    `appendonly ${appendOnly ? 'yes' : 'no'}`,
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    'daemonize no',
    ...(password === undefined ? [] : [`requirepass ${password}`]),
  ]
  writeFileSync(configFile, `${settings.join('\n')}\n`, { mode: 0o600 })
  chmodSync(configFile, 0o600)
  const log = openSync(logFile, 'a')
  const child = spawn(binary, [configFile], {
    stdio: ['ignore', log, log],
    detached: true,
    cwd: directory,
    env: libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath },
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
    if (await answersPing({ port, ...(password === undefined ? {} : { password }) })) {
      return /** @type {import('node:child_process').ChildProcess & { pid: number }} */ (child)
    }
    await sleep(20)
  }
  child.kill('SIGKILL')
  const lastLines = existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : ''
  throw new Error(`Redis did not come up on port ${port}.\n${lastLines}`, { cause: failure })
}
