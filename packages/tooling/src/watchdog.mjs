import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Watchdog
 * @property {(groupId: number, ending?: { signal?: NodeJS.Signals, graceMs?: number }) => void} watch
 * @property {(groupId: number) => void} release
 * @property {() => void} dismiss
 */

/**
 * Starts a small process that outlives this one just long enough to end the process groups it was told about.
 * It reads our pipe: however this process ends (`kill -9` included) the pipe closes, and the groups are ended in
 * the reverse of the order they were registered in. One watchdog serves any number of children, which therefore
 * need no code of their own to die with us.
 * @returns {Watchdog}
 */
export function startWatchdog() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./watchdog-process.mjs', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  })
  const { stdin } = child
  // A watchdog that was killed must not take us along by an EPIPE.
  stdin.on('error', () => {})
  child.unref()
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return {
    watch: (groupId, { signal = 'SIGTERM', graceMs = 5_000 } = {}) => {
      stdin.write(`+ ${groupId} ${signal} ${graceMs}\n`)
    },
    release: (groupId) => {
      stdin.write(`- ${groupId}\n`)
    },
    dismiss: () => {
      stdin.end('.\n')
    },
  }
}
