import { execFileSync } from 'node:child_process'

/**
 * @param {number} pid
 * @returns {{ parent: number, command: string } | undefined}
 */
function describe(pid) {
  try {
    const line = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [, parent = '0', command = ''] = /^\s*(\d+)\s+(.*)$/m.exec(line) ?? []
    return { parent: Number(parent), command }
  } catch {
    // No ps here, or no such process.
    return undefined
  }
}

/** Our ancestors up to npm, which runs scripts through one shell or several; only our parent when npm is not found. */
function ancestorsUpToNpm() {
  const found = []
  for (let pid = process.ppid; pid > 1 && found.length < 6;) {
    found.push(pid)
    const described = describe(pid)
    if (described === undefined) break
    if (/\bnpm\b/.test(described.command)) return found
    pid = described.parent
  }
  return found.slice(0, 1)
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
  const ancestors = ancestorsUpToNpm()
  setInterval(() => {
    if (!ancestors.every(isAlive)) callback()
  }, 1_000).unref()
}
