import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Sends a signal to a whole process group. False when nothing is left of it.
 * @param {number} groupId the pid of the group's leader
 * @param {NodeJS.Signals | 0} signal
 * @returns {boolean}
 */
export function signalGroup(groupId, signal) {
  try {
    process.kill(-groupId, signal)
    return true
  } catch (error) {
    // EPERM means somebody is there who is not ours to signal; ESRCH means nobody is.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * Ends a process group: the polite signal first, SIGKILL after the grace period.
 * @param {number} groupId
 * @param {{ signal?: NodeJS.Signals, graceMs?: number }} [options]
 * @returns {Promise<'gone' | 'stopped' | 'killed'>}
 */
export async function endGroup(groupId, { signal = 'SIGTERM', graceMs = 5_000 } = {}) {
  if (!signalGroup(groupId, signal)) return 'gone'
  const deadline = Date.now() + graceMs
  while (Date.now() < deadline) {
    await sleep(25)
    if (!signalGroup(groupId, 0)) return 'stopped'
  }
  signalGroup(groupId, 'SIGKILL')
  return 'killed'
}
