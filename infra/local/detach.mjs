import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LOGS } from './paths.mjs'
import { say, StartError } from './progress.mjs'
import { findRunning } from './run-file.mjs'

/**
 * Starts a supervisor of its own that stays behind, shows its progress, and returns once it is ready.
 * @param {ReadonlySet<string>} flags
 */
export async function startDetached(flags) {
  mkdirSync(LOGS, { recursive: true, mode: 0o700 })
  const logFile = join(LOGS, 'start.log')
  writeFileSync(logFile, '')
  const log = openSync(logFile, 'a')
  const parameters = [...flags].filter((flag) => flag !== '--detach')
  const script = fileURLToPath(new URL('./start.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, ...parameters], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ATPAR_DETACHED: '1' },
  })
  closeSync(log)
  // Interrupted on the way, it would go on unseen: nobody was told yet that it runs.
  const giveUp = () => {
    child.kill('SIGTERM')
  }
  process.once('exit', giveUp)
  let shown = 0
  const showMore = () => {
    const text = readFileSync(logFile, 'utf8')
    process.stdout.write(text.slice(shown))
    shown = text.length
  }
  /** @type {number | null | undefined} */
  let exitCode
  child.once('exit', (code) => {
    exitCode = code
  })
  const isReady = () => {
    const running = findRunning()
    return running?.pid === child.pid && running?.state === 'ready'
  }
  let ready = false
  while (exitCode === undefined && !ready) {
    await sleep(150)
    ready = isReady()
    showMore()
  }
  await sleep(100)
  showMore()
  if (exitCode !== undefined && exitCode !== 0) throw new StartError(`It did not start. All it said is in ${logFile}.`)
  if (ready) {
    process.off('exit', giveUp)
    child.unref()
    say('  It runs in the background. Stop it by: npm stop\n')
  }
}
