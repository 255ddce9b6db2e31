import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Loaded into a process whose event loop and memory are watched: on SIGUSR2 it writes what was seen since the signal before, collects garbage and
// begins anew. How long the loop was held is told in CPU time of its thread, because by the clock a busy machine holds every loop.
setFlagsFromString('--expose-gc')
const file = new URL(import.meta.url).searchParams.get('file') ?? ''
const collectGarbage = runInNewContext('gc')
const TICK_MS = 2

let cpu = process.threadCpuUsage()
let clockMs = performance.now()
let heldMs = 0
let heldByClockMs = 0
let peakRss = 0
const look = () => {
  const worked = process.threadCpuUsage(cpu)
  const nowMs = performance.now()
  heldMs = Math.max(heldMs, (worked.user + worked.system) / 1_000)
  heldByClockMs = Math.max(heldByClockMs, nowMs - clockMs)
  peakRss = Math.max(peakRss, process.memoryUsage.rss())
  cpu = process.threadCpuUsage()
  clockMs = performance.now()
}
setInterval(look, TICK_MS).unref()
process.on('SIGUSR2', () => {
  look()
  collectGarbage()
  collectGarbage()
  const seen = { heldMs, heldByClockMs, peakRss, rss: process.memoryUsage.rss() }
  heldMs = 0
  heldByClockMs = 0
  peakRss = 0
  cpu = process.threadCpuUsage()
  clockMs = performance.now()
  writeFileSync(file, JSON.stringify(seen))
})
