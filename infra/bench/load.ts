import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type Dispatcher } from 'undici'

/** What one round of load saw, for the process that started it. */
export interface LoadReport {
  readonly answered: number
  readonly failed: number
  readonly events: number
  readonly wallMs: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
}

export interface LoadPlan {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly connections: number
  readonly requests: number
  /** Open loop: so many a second, whether or not those before were answered. Each as soon as the one before it was, when absent. */
  readonly perSecond?: number
}

const DATA = Buffer.from('data: ')

const countEvents = (bytes: Buffer): number => {
  let count = 0
  for (let at = bytes.indexOf(DATA); at !== -1; at = bytes.indexOf(DATA, at + 6)) count += 1
  return count
}

/** Sends `requests` requests over `connections` connections. Ends by itself. */
export const runLoad = async (plan: LoadPlan): Promise<LoadReport> => {
  const pool = new Pool(plan.origin, {
    connections: plan.connections,
    pipelining: 1,
    keepAliveTimeout: 60_000,
    allowH2: false,
  })
  const latencies: number[] = []
  let started = 0
  let answered = 0
  let failed = 0
  let events = 0
  const sendOne = (): Promise<void> =>
    new Promise((resolve) => {
      const from = performance.now()
      let status = 0
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => {},
        onResponseStart: (_controller, code) => {
          status = code
        },
        onResponseData: (_controller, bytes) => {
          events += countEvents(bytes)
        },
        onResponseEnd: () => {
          if (status === 200) answered += 1
          else failed += 1
          latencies.push(performance.now() - from)
          resolve()
        },
        onResponseError: () => {
          failed += 1
          resolve()
        },
      }
      pool.dispatch(
        {
          method: 'POST',
          path: plan.path,
          headers: { 'content-type': 'application/json', ...plan.headers },
          body: plan.body,
        },
        handler,
      )
    })
  const work = async (): Promise<void> => {
    while (started < plan.requests) {
      started += 1
      await sendOne()
    }
  }
  const from = performance.now()
  const workAtPace = async (perSecond: number): Promise<void> => {
    const sent: Promise<void>[] = []
    while (started < plan.requests) {
      const due = Math.min(plan.requests, Math.floor(((performance.now() - from) * perSecond) / 1_000))
      for (; started < due; started += 1) sent.push(sendOne())
      await sleep(1)
    }
    await Promise.all(sent)
  }
  await (plan.perSecond === undefined
    ? Promise.all(Array.from({ length: plan.connections }, work))
    : workAtPace(plan.perSecond))
  const wallMs = performance.now() - from
  await pool.destroy()
  latencies.sort((a, b) => a - b)
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return { answered, failed, events, wallMs, latencyMs: { p50: at(0.5), p99: at(0.99) } }
}
