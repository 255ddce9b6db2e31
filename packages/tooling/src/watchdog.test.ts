import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { endGroup, isGroupRunning } from './process-groups.mjs'

const WATCHDOG = new URL('./watchdog.mjs', import.meta.url).href

/** A process that starts a long sleeper under a watchdog, prints its pid, and then waits to be killed. */
const PARENT = `
import { spawn } from 'node:child_process'
import { startWatchdog } from '${WATCHDOG}'
const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
startWatchdog().watch(sleeper.pid, { graceMs: 1000 })
console.log(sleeper.pid)
setInterval(() => {}, 1000)
`

async function isGoneWithin(groupId: number, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs
  while (Date.now() < deadline) {
    if (!isGroupRunning(groupId)) return true
    await sleep(20)
  }
  return false
}

describe('startWatchdog', () => {
  it('ends what it watches when its parent is killed without a chance to do so', async () => {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const sleeper = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (bytes) => resolve(Number(bytes))),
    )
    expect(isGroupRunning(sleeper)).toBe(true)
    parent.kill('SIGKILL')
    expect(await isGoneWithin(sleeper, 5_000)).toBe(true)
  })
})

describe('endGroup', () => {
  it('kills what ignores the polite signal, its children included, and says so', async () => {
    const stubborn = spawn('sh', ['-c', 'trap "" TERM; sleep 60 & echo ready; wait'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const groupId = stubborn.pid ?? 0
    await new Promise((resolve) => stubborn.stdout.once('data', resolve))
    expect(await endGroup(groupId, { graceMs: 200 })).toBe('killed')
    expect(await isGoneWithin(groupId, 2_000)).toBe(true)
    expect(await endGroup(groupId)).toBe('gone')
  })
})
