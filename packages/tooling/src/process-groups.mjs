import { existsSync, readdirSync, readFileSync } from 'node:fs'
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
 * State and group of a process as Linux tells it, or nothing when the process ended while we looked.
 * @param {string} pid
 */
function readStat(pid) {
  try {
    // pid (name, which may hold anything) state parent group …
    const [state, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { state, group: Number(group) }
  } catch {
    // Gone between the listing and the reading.
    return undefined
  }
}

/**
 * Whether anything of the group still runs. A process that ended but was not collected by its parent still takes
 * signals; in containers whose first process collects nobody's children it does so for ever, so it is not counted.
 * @param {number} groupId
 * @returns {boolean}
 */
export function isGroupRunning(groupId) {
  if (!signalGroup(groupId, 0)) return false
  if (!existsSync('/proc/self/stat')) return true
  return readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false
    const stat = readStat(pid)
    return stat?.group === groupId && stat.state !== 'Z'
  })
}

/**
 * Ends a process group: the polite signal first, SIGKILL after the grace period.
 * @param {number} groupId
 * @param {{ signal?: NodeJS.Signals, graceMs?: number }} [options]
 * @returns {Promise<'gone' | 'stopped' | 'killed'>}
 */
export async function endGroup(groupId, { signal = 'SIGTERM', graceMs = 5_000 } = {}) {
  if (!isGroupRunning(groupId)) return 'gone'
  signalGroup(groupId, signal)
  const deadline = Date.now() + graceMs
  while (Date.now() < deadline) {
    await sleep(25)
    if (!isGroupRunning(groupId)) return 'stopped'
  }
  signalGroup(groupId, 'SIGKILL')
  return 'killed'
}
