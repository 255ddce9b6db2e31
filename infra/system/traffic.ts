import type { Directive } from '@atpar/simulators/directives'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Random } from './random.ts'

/** One request of a mix, as a caller would make it. */
export interface PlannedCall {
  readonly kind: 'plain' | 'cached' | 'reasoning' | 'tools' | 'failed' | 'aborted' | 'cut'
  readonly dialect: 'openai-chat' | 'anthropic-messages' | 'gemini'
  readonly model: string
  readonly stream: boolean
  readonly directive: Directive
  readonly maxTokens: number
  /** Hang up after this many events; null = read to the end. */
  readonly abortAfterEvents: number | null
}

/** What the caller saw. */
export interface CallResult {
  readonly plan: PlannedCall
  readonly requestId: string | null
  /** 0 when the connection broke before any status. */
  readonly status: number
  /** The answer was received to its last byte. */
  readonly complete: boolean
  readonly body: string
}

const MODELS = [
  'gpt-4o-mini',
  'gpt-4o',
  'claude-sonnet-5',
  'gemini-2.5-flash',
  'deepseek-chat',
  'qwen-plus',
  'llama-3.3-70b',
] as const

const KINDS: readonly [PlannedCall['kind'], number][] = [
  ['plain', 0.5],
  ['cached', 0.14],
  ['reasoning', 0.1],
  ['failed', 0.08],
  ['aborted', 0.12],
  ['cut', 0.06],
]

const pickKind = (random: Random): PlannedCall['kind'] => {
  let rest = random.next()
  for (const [kind, share] of KINDS) {
    rest -= share
    if (rest < 0) return kind
  }
  return 'plain'
}

/** A mix of callers, models and endings; the same seed gives the same mix. */
export const planTraffic = (random: Random, count: number): readonly PlannedCall[] =>
  Array.from({ length: count }, () => planCall(random))

const planCall = (random: Random): PlannedCall => {
  const kind = pickKind(random)
  const tokens = 4 + random.below(40)
  const base = {
    dialect: random.pick(['openai-chat', 'openai-chat', 'anthropic-messages', 'gemini'] as const),
    model: random.pick(MODELS),
    maxTokens: 400,
  }
  const stream = random.next() < 0.6
  switch (kind) {
    case 'plain':
    case 'tools':
      return { ...base, kind, stream, directive: { tokens }, abortAfterEvents: null }
    case 'cached':
      return {
        ...base,
        kind,
        stream,
        directive: {
          tokens,
          cached: 100 + random.below(2_000),
          ...(base.model.startsWith('claude')
            ? { cache_write_5m: random.below(500), cache_write_1h: random.below(300) }
            : {}),
        },
        abortAfterEvents: null,
      }
    case 'reasoning':
      return {
        ...base,
        model: random.pick(['gpt-5-mini', 'claude-sonnet-5', 'gemini-2.5-flash', 'deepseek-reasoner'] as const),
        kind,
        stream,
        directive: { tokens, reasoning: 10 + random.below(100) },
        abortAfterEvents: null,
      }
    case 'failed':
      return {
        ...base,
        kind,
        stream,
        directive: { status: random.pick([400, 429, 500, 503] as const) },
        abortAfterEvents: null,
      }
    case 'aborted':
      return {
        ...base,
        kind,
        stream: true,
        directive: { tokens: 60, delay_ms: 8 },
        abortAfterEvents: 1 + random.below(12),
      }
    case 'cut':
      return {
        ...base,
        kind,
        stream: true,
        directive: {
          tokens: 30,
          ...random.pick<Directive>([{ truncate_after: 5 }, { reset_after: 6 }, { error_after: 4 }]),
        },
        abortAfterEvents: null,
      }
  }
}

const BACK_OFF_MS = 100
const MAX_TRIES = 60

export interface TrafficTarget {
  readonly proxyUrl: string
  readonly key: string
  readonly concurrency: number
  /** Called after each answer; lets a test disturb the system in mid-load. */
  readonly onProgress?: (done: number) => void
}

/** Plays a mix, `concurrency` at a time. Never throws: what a caller sees of a fault is a result. */
export const playTraffic = async (
  plans: readonly PlannedCall[],
  target: TrafficTarget,
): Promise<readonly CallResult[]> => {
  const agent = new Agent({
    connections: target.concurrency,
    keepAliveTimeout: 30_000,
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  })
  const results: CallResult[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < plans.length) {
      const plan = plans[next]
      next += 1
      if (plan === undefined) return
      // Tried again while we are away, as every SDK does; else a part that is gone for a second is met by the whole mix.
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const result = await playCall(plan, target, agent)
        results.push(result)
        target.onProgress?.(results.length)
        if (result.status !== 0 && result.status !== 503) break
        await sleep(BACK_OFF_MS)
      }
    }
  }
  await Promise.all(Array.from({ length: target.concurrency }, work))
  await agent.destroy()
  return results
}

const playCall = async (plan: PlannedCall, target: TrafficTarget, agent: Agent): Promise<CallResult> => {
  const { path, body, headers } = writeRequest(plan, target.key)
  const seen = { requestId: null as string | null, status: 0, body: '' }
  try {
    const answer = await request(target.proxyUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      dispatcher: agent,
    })
    seen.status = answer.statusCode
    const id = answer.headers['x-request-id']
    seen.requestId = typeof id === 'string' ? id : null
    let events = 0
    for await (const bytes of answer.body) {
      const text = String(bytes)
      seen.body += text
      events += text.split('data:').length - 1
      if (plan.abortAfterEvents !== null && events >= plan.abortAfterEvents) {
        answer.body.destroy()
        return { plan, ...seen, complete: false }
      }
    }
    return { plan, ...seen, complete: true }
  } catch {
    // A broken connection is what faults look like from outside.
    return { plan, ...seen, complete: false }
  }
}

const writeRequest = (
  plan: PlannedCall,
  key: string,
): { readonly path: string; readonly body: string; readonly headers: Readonly<Record<string, string>> } => {
  const text = `Say what the weather is like. [[sim:${JSON.stringify(plan.directive)}]]`
  switch (plan.dialect) {
    case 'openai-chat':
      return {
        path: '/v1/chat/completions',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify({
          model: plan.model,
          messages: [{ role: 'user', content: text }],
          max_completion_tokens: plan.maxTokens,
          ...(plan.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
        }),
      }
    case 'anthropic-messages':
      return {
        path: '/v1/messages',
        headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({
          model: plan.model,
          messages: [{ role: 'user', content: text }],
          max_tokens: plan.maxTokens,
          ...(plan.stream ? { stream: true } : {}),
        }),
      }
    case 'gemini':
      return {
        path: `/v1beta/models/${plan.model}:${plan.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
        headers: { 'x-goog-api-key': key },
        body: JSON.stringify({
          contents: [{ role: 'user', parts: [{ text }] }],
          generationConfig: { maxOutputTokens: plan.maxTokens },
        }),
      }
  }
}
