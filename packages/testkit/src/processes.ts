import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { endGroup } from '@atpar/tooling/process-groups'
import { startWatchdog } from '@atpar/tooling/watchdog'
import { testEnvironment } from './env.ts'

export interface ProcessPlan {
  /** Used in failures. */
  readonly name: string
  /** The script and its arguments, run by the Node of the test. */
  readonly parameters: readonly string[]
  readonly cwd: string
  /** The whole environment but for PATH, HOME and NODE_ENV (`test`): a test says what a service sees. */
  readonly env: Readonly<Record<string, string>>
  /** Answers 200 once the process is of use; without it the process counts as up at once. */
  readonly healthUrl?: string
  readonly timeoutMs?: number
}

export interface TestProcess {
  readonly name: string
  readonly pid: () => number
  /** Everything it printed since it was first started. */
  readonly output: () => string
  readonly isRunning: () => boolean
  /** Ends it as the kernel's out-of-memory killer would. */
  readonly kill9: () => Promise<void>
  /** Asks it to end and waits; the exit code it ended with. */
  readonly stop: (graceMs?: number) => Promise<number | null>
  /** Starts it again with the same plan (a stop first, when it runs) and waits until it is healthy. */
  readonly restart: () => Promise<void>
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    // Not listening yet.
    return false
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/**
 * Runs a service as its own process group for a whole-system test. It is gone when the test process is, however
 * that ends.
 */
export async function startProcess(plan: ProcessPlan): Promise<TestProcess> {
  const watchdog = startWatchdog()
  let output = ''
  let child: ChildProcess & { pid: number }

  const launch = async (): Promise<void> => {
    // Next's types insist on a NODE_ENV in every environment, also where these files are compiled by the dashboard.
    const basis = { NODE_ENV: 'test', PATH: testEnvironment.searchPath, HOME: plan.cwd } as const
    const started = spawn(process.execPath, [...plan.parameters], {
      cwd: plan.cwd,
      env: Object.assign({}, basis, plan.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    if (started.pid === undefined) throw new Error(`${plan.name} could not be spawned.`)
    child = Object.assign(started, { pid: started.pid })
    watchdog.watch(child.pid)
    const collect = (bytes: Buffer): void => {
      output += bytes.toString()
    }
    started.stdout.on('data', collect)
    started.stderr.on('data', collect)
    const deadline = Date.now() + (plan.timeoutMs ?? 30_000)
    while (plan.healthUrl !== undefined && !(await isHealthy(plan.healthUrl))) {
      if (hasEnded(started) || Date.now() > deadline) {
        await endGroup(child.pid, { graceMs: 0 })
        throw new Error(
          `${plan.name} did not become healthy at ${plan.healthUrl}. It printed:\n${output.slice(-4_000)}`,
        )
      }
      await sleep(30)
    }
  }

  const end = async (signal: 'SIGKILL' | 'SIGTERM', graceMs: number): Promise<void> => {
    const ended = hasEnded(child)
      ? Promise.resolve()
      : new Promise<void>((resolve) => child.once('exit', () => resolve()))
    await endGroup(child.pid, { signal, graceMs })
    await ended
    watchdog.release(child.pid)
  }

  await launch()
  return {
    name: plan.name,
    pid: () => child.pid,
    output: () => output,
    isRunning: () => !hasEnded(child),
    kill9: () => end('SIGKILL', 5_000),
    stop: async (graceMs = 15_000) => {
      await end('SIGTERM', graceMs)
      return child.exitCode
    },
    restart: async () => {
      if (!hasEnded(child)) await end('SIGTERM', 15_000)
      await launch()
    },
  }
}
