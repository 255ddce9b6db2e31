import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { RUN_FILE } from './paths.mjs'

/**
 * What a running installation is: read by stop, doctor and a second start.
 * @typedef {object} RunState
 * @property {number} pid of the supervisor
 * @property {string} instance
 * @property {string} state `starting` or `ready`
 * @property {Record<string, number>} ports
 * @property {Record<string, string>} [urls]
 * @property {Record<string, number>} [processes]
 */

/** @param {RunState} state */
export function writeRunFile(state) {
  writeFileSync(`${RUN_FILE}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${RUN_FILE}.new`, RUN_FILE)
}

export function removeRunFile() {
  rmSync(RUN_FILE, { force: true })
}

/**
 * Whether the pid still is a supervisor of ours: pids are reused, so what it runs is looked at too.
 * @param {number} pid
 */
function isSupervisor(pid) {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).includes('start.mjs')
  } catch {
    // ps ends with 1 when there is no such process; without ps (a slim container) the signal alone has to do.
    return (
      existsSync('/proc') &&
      existsSync(`/proc/${pid}/cmdline`) &&
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start.mjs')
    )
  }
}

/**
 * The running installation, if there is one. A file left by a killed supervisor counts as none.
 * @returns {RunState | undefined}
 */
export function findRunning() {
  if (!existsSync(RUN_FILE)) return undefined
  /** @type {RunState} */
  const state = JSON.parse(readFileSync(RUN_FILE, 'utf8'))
  return state.pid !== process.pid && isSupervisor(state.pid) ? state : undefined
}

/**
 * The ports of the last run, so that a restart keeps its addresses when they are still free.
 * @returns {Record<string, number>}
 */
export function lastPorts() {
  return existsSync(RUN_FILE) ? JSON.parse(readFileSync(RUN_FILE, 'utf8')).ports : {}
}
