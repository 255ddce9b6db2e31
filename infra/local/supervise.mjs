import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endGroup } from '../../packages/tooling/src/process-groups.mjs'
import { startWatchdog } from '../../packages/tooling/src/watchdog.mjs'
import { LOGS } from './paths.mjs'
import { StartError } from './progress.mjs'

const LOG_LIMIT_BYTES = 20_000_000

/** @param {string} name */
const logFileOf = (name) => join(LOGS, `${name}.log`)

/**
 * The last lines a part wrote, which usually say why it died.
 * @param {string} name
 * @param {number} [count]
 */
export function lastLogLines(name, count = 20) {
  const file = logFileOf(name)
  if (!existsSync(file)) return '(it wrote nothing)'
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count)
  return lines.map((line) => `    ${line}`).join('\n')
}

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {number} pid
 * @property {NodeJS.Signals} signal
 * @property {number} graceMs
 * @property {import('node:child_process').ChildProcess} child
 */

/**
 * Keeps every part of a running installation: starts them in process groups of their own, tells `onDeath` when one
 * ends unasked, and ends them all in the reverse of the order they came in. A watchdog process does the last even
 * when this process is killed.
 * @param {(death: { name: string, how: string }) => void} onDeath
 */
export function createSupervisor(onDeath) {
  const watchdog = startWatchdog()
  /** @type {Part[]} */
  const parts = []
  let isStopping = false

  /**
   * Takes a child that already runs (Postgres, Redis) under supervision.
   * @param {string} name
   * @param {import('node:child_process').ChildProcess} child
   * @param {{ signal?: NodeJS.Signals, graceMs?: number }} [ending]
   */
  function adopt(name, child, { signal = 'SIGTERM', graceMs = 10_000 } = {}) {
    if (child.pid === undefined) throw new StartError(`${name} could not be started.`)
    const part = { name, pid: child.pid, signal, graceMs, child }
    if (isStopping) {
      // It came up while everything else was going down.
      void endGroup(part.pid, { signal, graceMs: 0 })
      throw new StartError('Atpar is being stopped.')
    }
    watchdog.watch(part.pid, { signal, graceMs })
    parts.push(part)
    child.once('exit', (code, by) => {
      watchdog.release(part.pid)
      if (!isStopping) onDeath({ name, how: code === null ? `was ended by ${by}` : `ended with code ${code}` })
    })
    return part
  }

  /**
   * @param {string} name
   * @param {{ command: string, parameters: readonly string[], cwd: string, env: Record<string, string | undefined>, graceMs?: number }} options
   */
  function launch(name, { command, parameters, cwd, env, graceMs = 10_000 }) {
    mkdirSync(LOGS, { recursive: true })
    const logFile = logFileOf(name)
    if (existsSync(logFile) && statSync(logFile).size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`)
    const log = openSync(logFile, 'a')
    const child = spawn(command, parameters, { cwd, env, stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    return adopt(name, child, { graceMs })
  }

  async function stop() {
    isStopping = true
    for (const part of [...parts].toReversed()) await endGroup(part.pid, { signal: part.signal, graceMs: part.graceMs })
    watchdog.dismiss()
  }

  return { adopt, launch, stop, parts }
}

/**
 * Waits until the part answers its health address as the instance we started: another copy of Atpar on the same
 * port would answer too, but with another id.
 * @param {{ name: string, url: string, instance: string, timeoutMs?: number, isAlive: () => boolean }} options
 */
export async function waitHealthy({ name, url, instance, timeoutMs = 60_000, isAlive }) {
  const deadline = Date.now() + timeoutMs
  let last = 'no answer yet'
  while (Date.now() < deadline && isAlive()) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
      const body = /** @type {{ instance?: string }} */ (await response.json())
      if (response.ok && body.instance === instance) return
      last =
        body.instance === instance
          ? `status ${response.status}`
          : `another program answers (instance ${body.instance ?? 'none'})`
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    await sleep(60)
  }
  throw new StartError(`${name} did not become healthy at ${url}: ${last}. Its last lines:\n${lastLogLines(name)}`)
}
