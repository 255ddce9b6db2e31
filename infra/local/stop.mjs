// `npm stop`: ends a running installation of this clone, wherever it was started from.
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './progress.mjs'
import { findRunning } from './run-file.mjs'

const LIMIT_MS = 120_000

const running = findRunning()
if (running === undefined) {
  say('Atpar is not running here.')
} else {
  process.kill(running.pid, 'SIGTERM')
  const deadline = Date.now() + LIMIT_MS
  while (findRunning() !== undefined && Date.now() < deadline) await sleep(100)
  if (findRunning() === undefined) {
    say('Atpar is stopped.')
  } else {
    say(`Process ${running.pid} is still stopping its parts after ${LIMIT_MS / 1_000} s. Look at .data/logs.`)
    process.exitCode = 1
  }
}
