import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type Dispatcher } from 'undici'
import { REQUESTED_MODEL, requestBody } from './answers.ts'

/** Streams that are open and flowing, each over a connection of its own. */
export interface OpenStreams {
  /** How many have had their first event. */
  flowing(): number
  failed(): number
  events(): number
  close(): Promise<void>
}

export interface OpenStreamsPlan {
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  readonly streams: number
  /** Of each stream; they are closed long before. */
  readonly events: number
  /** Readers that never read: the first event is all they take. */
  readonly slow?: boolean
}

const PATIENCE_MS = 120_000
const OPENED_AT_ONCE = 500

/** Opens them in steps and resolves when all flow or have failed. @throws when some neither flow nor fail within two minutes. */
export const openStreams = async (plan: OpenStreamsPlan): Promise<OpenStreams> => {
  const clients: Client[] = []
  const body = requestBody({ model: REQUESTED_MODEL, stream: true, events: plan.events })
  let flowing = 0
  let failed = 0
  let events = 0
  const openOne = (): void => {
    const client = new Client(plan.origin, { pipelining: 1, bodyTimeout: 0, headersTimeout: 60_000 })
    clients.push(client)
    let isFlowing = false
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => {},
      onResponseStart: (_controller, status) => {
        if (status !== 200) failed += 1
      },
      onResponseData: (controller) => {
        events += 1
        if (isFlowing) return
        isFlowing = true
        flowing += 1
        if (plan.slow === true) controller.pause()
      },
      onResponseEnd: () => {},
      onResponseError: () => {
        if (!isFlowing) failed += 1
      },
    }
    const headers = { 'content-type': 'application/json', ...plan.headers }
    client.dispatch({ method: 'POST', path: '/v1/chat/completions', headers, body }, handler)
  }
  const deadline = performance.now() + PATIENCE_MS
  for (let opened = 0; opened < plan.streams; opened += OPENED_AT_ONCE) {
    for (let index = opened; index < Math.min(plan.streams, opened + OPENED_AT_ONCE); index += 1) openOne()
    while (flowing + failed < Math.min(plan.streams, opened + OPENED_AT_ONCE)) {
      if (performance.now() > deadline) throw new Error(`${flowing} of ${plan.streams} streams flow, ${failed} failed`)
      await sleep(5)
    }
  }
  return {
    flowing: () => flowing,
    failed: () => failed,
    events: () => events,
    close: async () => {
      await Promise.all(clients.map((client) => client.destroy()))
    },
  }
}
