// The other half of watchdog.mjs: runs as its own process and ends what its parent leaves behind.
import { createInterface } from 'node:readline'
import { endGroup } from './process-groups.mjs'

/** @type {Map<number, { signal: NodeJS.Signals, graceMs: number }>} */
const groups = new Map()

// The signals that end our parent often reach us too; the pipe, not a signal, says when to act.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => {})

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const [verb, groupId, signal, graceMs] = line.split(' ')
  if (verb === '+')
    groups.set(Number(groupId), { signal: /** @type {NodeJS.Signals} */ (signal), graceMs: Number(graceMs) })
  if (verb === '-') groups.delete(Number(groupId))
  if (verb === '.') groups.clear()
})
lines.on('close', () => void endAll())

async function endAll() {
  for (const [groupId, ending] of [...groups].toReversed()) await endGroup(groupId, ending)
  process.exit(0)
}
