import { fork, type ChildProcess } from 'node:child_process'
import { slotEnv } from './env.ts'

const RESTART_DELAY_MS = 500

export interface ProcessGroup {
  stop(signal: NodeJS.Signals): Promise<void>
}

/** Runs `count` copies of this program, which share the port by `reusePort`; one that dies is started again in its own slot. */
export const forkProcesses = (count: number, baseId: string): ProcessGroup => {
  const children = new Map<number, ChildProcess>()
  let stopping = false
  const start = (slot: number): void => {
    const child = fork(new URL('./main.ts', import.meta.url), [], { env: slotEnv(slot, baseId), stdio: 'inherit' })
    children.set(slot, child)
    child.once('exit', () => {
      children.delete(slot)
      if (!stopping) setTimeout(() => start(slot), RESTART_DELAY_MS)
    })
  }
  for (let slot = 1; slot <= count; slot += 1) start(slot)
  return {
    stop: async (signal) => {
      stopping = true
      await Promise.all(
        [...children.values()].map(
          (child) =>
            new Promise<void>((resolve) => {
              child.once('exit', () => resolve())
              child.kill(signal)
            }),
        ),
      )
    },
  }
}
