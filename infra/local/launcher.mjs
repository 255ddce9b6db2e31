import { execFileSync } from 'node:child_process'

/** @param {number} pid */
function parentOf(pid) {
  try {
    return Number(
      execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )
  } catch {
    // No ps, or no such process: then only our own parent is watched.
    return 0
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * Calls back when the npm that runs us is gone. A killed npm passes no signal on; without this, `kill -9` on it would
 * leave a whole installation running that nobody sees. Started in any other way (nohup, a service manager), our
 * parent may come and go.
 * @param {() => void} callback
 */
export function whenNpmDies(callback) {
  if (process.env['npm_lifecycle_event'] === undefined || process.env['ATPAR_DETACHED'] === '1') return
  // npm runs scripts through a shell, which may or may not have replaced itself by us.
  const ancestors = [process.ppid, parentOf(process.ppid)].filter((pid) => pid > 1).slice(0, 2)
  setInterval(() => {
    if (!ancestors.every(isAlive)) callback()
  }, 1_000).unref()
}
