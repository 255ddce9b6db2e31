import { randomBytes } from 'node:crypto'
import { ask } from '../matrix/exchange.ts'
import { startMatrixSystem, type MatrixSystem } from '../matrix/matrix-system.ts'
import type { WireAnswer, WireRecord } from '../matrix/recording-wire.ts'
import { SPEAKERS } from '../matrix/speakers.ts'
import { UPSTREAMS } from '../matrix/upstreams.ts'
import { waitUntilSettled } from '../settled.ts'
import { collectHaystacks } from './haystacks.ts'
import { findNeedles, needleOf } from './needles.ts'

/** The platform's own key at every provider of the run. */
const UPSTREAM_KEY = `CANARYupstream${'k'.repeat(24)}`

/** The matrix's system with that key: every provider that has it is behind the wire. */
export const startCanarySystem = (): Promise<MatrixSystem> =>
  startMatrixSystem((wireUrl) => ({ proxyEnv: canaryEnv(wireUrl) }))

const canaryEnv = (wireUrl: string): Readonly<Record<string, string>> => ({
  OPENAI_API_KEY: UPSTREAM_KEY,
  OPENAI_BASE_URL: `${wireUrl}/openai/v1`,
  ANTHROPIC_API_KEY: UPSTREAM_KEY,
  ANTHROPIC_BASE_URL: `${wireUrl}/anthropic/v1`,
  GEMINI_API_KEY: UPSTREAM_KEY,
  GEMINI_BASE_URL: `${wireUrl}/gemini/v1beta`,
  LOG_LEVEL: 'debug',
})

export interface CanaryReport {
  readonly calls: number
  /** Where something was looked for. */
  readonly places: number
  /** What lies where it must not, in words. */
  readonly leaks: readonly string[]
}

const marker = (name: string): string => `CANARY${name}${randomBytes(12).toString('hex')}`

/**
 * Says secrets in every place a caller may, through every format to every other, well and badly, and looks for them in everything that stays behind
 * and in every error.
 */
export const playCanary = async (stage: MatrixSystem): Promise<CanaryReport> => {
  const prompt = marker('prompt')
  const answer = marker('answer')
  const [, secret = stage.key] = /_([^_]+)$/.exec(stage.key) ?? []
  const needles = [
    needleOf('the prompt', prompt),
    needleOf('the answer', answer),
    needleOf('the caller’s key', secret),
    needleOf('the provider’s key', UPSTREAM_KEY),
  ]
  const answers = await askEverything(stage, { prompt, answer })
  await waitUntilSettled(stage.system)
  const haystacks = await collectHaystacks(stage)
  const leaks = [
    ...haystacks.flatMap(({ place, text }) => findNeedles(text, needles).map((name) => `${name} in ${place}`)),
    ...answers.errors.flatMap(({ what, text }) =>
      findNeedles(text, needles).map((name) => `${name} in the error of ${what}`),
    ),
    ...stage.wire
      .all()
      .flatMap(({ body, headers, path }) =>
        findNeedles(`${body.toString('latin1')} ${JSON.stringify(headers)}`, needles.slice(2, 3)).map(
          (name) => `${name} sent to ${path}`,
        ),
      ),
  ]
  return { calls: answers.calls, places: haystacks.length + answers.errors.length, leaks: [...new Set(leaks)] }
}

interface Answers {
  readonly calls: number
  readonly errors: readonly { readonly what: string; readonly text: string }[]
}

/** A provider that repeats whatever it was told, its key included. */
const parrot =
  (first: 'key' | 'words') =>
  ({ body, headers }: WireRecord): WireAnswer => {
    const key = headers['x-api-key'] ?? headers['x-goog-api-key'] ?? headers.authorization ?? 'none'
    const parts = [`No such key: ${String(key)}.`, `You sent ${body.toString('utf8')} with ${JSON.stringify(headers)}.`]
    const message = (first === 'key' ? parts : parts.toReversed()).join(' ')
    return {
      status: 400,
      contentType: 'application/json',
      body: JSON.stringify({ error: { type: 'invalid_request_error', status: 'INVALID_ARGUMENT', message } }),
    }
  }

/** An answer in OpenAI's format that says the marker, whole or streamed, then breaks where it is told to. */
const speaking =
  (answer: string, isBroken: boolean) =>
  (record: WireRecord): WireAnswer | null => {
    if (!record.path.startsWith('/openai/')) return null
    const head = { id: 'chatcmpl-1', created: 1, model: 'gpt-5-mini' }
    if (record.body.includes('"stream":true')) {
      const chunk = { ...head, object: 'chat.completion.chunk' }
      const first = {
        ...chunk,
        choices: [{ index: 0, delta: { role: 'assistant', content: answer }, finish_reason: null }],
      }
      const last = { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
      const body = `data: ${JSON.stringify(first)}\n\n${isBroken ? `data: {"choices":[{"${answer}` : `data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`}`
      return { status: 200, contentType: 'text/event-stream', body }
    }
    const whole = {
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 },
    }
    return {
      status: 200,
      contentType: 'application/json',
      body: isBroken ? JSON.stringify(whole).slice(0, -20) : JSON.stringify(whole),
    }
  }

const askEverything = async (
  stage: MatrixSystem,
  { prompt, answer }: { readonly prompt: string; readonly answer: string },
): Promise<Answers> => {
  const errors: { what: string; text: string }[] = []
  let calls = 0
  const say = (directive: object): string => `${prompt} [[sim:${JSON.stringify(directive)}]]`
  const note = (what: string, status: number, text: string): void => {
    calls += 1
    if (status !== 200) errors.push({ what: `${what} (${status})`, text })
  }
  const askAll = async (what: string, directive: object, streams: readonly boolean[]): Promise<void> => {
    for (const speaker of SPEAKERS)
      for (const { offering: model } of UPSTREAMS)
        for (const stream of streams) {
          const asked = speaker.ask(
            {
              prompt: say(directive),
              system: `system ${prompt}`,
              tools: [
                {
                  name: `tool_${prompt.slice(0, 24)}`,
                  parameters: { type: 'object', properties: { [prompt]: { type: 'string' } } },
                },
              ],
            },
            { model, stream },
          )
          const { status, raw } = await ask(stage, speaker, { asked, model, stream })
          note(`${what} from ${speaker.id} to ${model}`, status, raw)
        }
  }
  await askAll('words', { tokens: 5 }, [false, true])
  await askAll('a refusal', { status: 400 }, [false])
  await askAll('a failure', { status: 500 }, [true])
  await askAll('a cut', { tokens: 30, truncate_after: 4 }, [true])
  for (const first of ['key', 'words'] as const) {
    stage.wire.intercept(parrot(first))
    await askAll(`a parrot, ${first} first`, {}, [false])
  }
  stage.wire.intercept(speaking(answer, false))
  await askAll('an answer', {}, [false, true])
  stage.wire.intercept(speaking(answer, true))
  await askAll('a broken answer', {}, [false, true])
  stage.wire.intercept(null)
  for (const { what, path, init } of badRequests(stage.key, prompt)) {
    const response = await fetch(stage.proxyUrl + path, init)
    note(what, response.status, await response.text())
  }
  return { calls, errors }
}

const json = (key: string, body: string, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
  body,
})

/** Bodies that are refused before anything is sent, each with the prompt where it hurts, and keys where they do not belong. */
const badRequests = (
  key: string,
  prompt: string,
): readonly { readonly what: string; readonly path: string; readonly init: RequestInit }[] => {
  const chat = '/v1/chat/completions'
  const messages = [{ role: 'user', content: prompt }]
  return [
    { what: 'no JSON', path: chat, init: json(key, `{"messages": "${prompt}`) },
    {
      what: 'messages that are none',
      path: chat,
      init: json(key, JSON.stringify({ model: 'gpt-5-mini', messages: prompt })),
    },
    {
      what: 'an odd role',
      path: chat,
      init: json(key, JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'king', content: prompt }] })),
    },
    {
      what: 'odd content',
      path: chat,
      init: json(
        key,
        JSON.stringify({
          model: 'gpt-5-mini',
          messages: [{ role: 'user', content: [{ type: 'nothing', text: prompt }] }],
        }),
      ),
    },
    { what: 'an unknown model', path: chat, init: json(key, JSON.stringify({ model: 'no-such-model', messages })) },
    { what: 'a key of nobody', path: chat, init: json(`${key}x`, JSON.stringify({ model: 'gpt-5-mini', messages })) },
    {
      what: 'a key in the URL',
      path: `${chat}?key=${key}`,
      init: { method: 'POST', body: JSON.stringify({ model: 'gpt-5-mini', messages }) },
    },
    {
      what: 'an idempotency key',
      path: chat,
      init: json(key, JSON.stringify({ model: 'openai/gpt-5-mini', messages }), { 'idempotency-key': 'canary-run' }),
    },
    {
      what: 'the same again',
      path: chat,
      init: json(key, JSON.stringify({ model: 'openai/gpt-5-mini', messages }), { 'idempotency-key': 'canary-run' }),
    },
    {
      what: 'another body for it',
      path: chat,
      init: json(key, JSON.stringify({ model: 'gpt-5-mini', messages: [...messages, ...messages] }), {
        'idempotency-key': 'canary-run',
      }),
    },
    {
      what: 'embeddings',
      path: '/v1/embeddings',
      init: json(key, JSON.stringify({ model: 'text-embedding-3-small', input: prompt })),
    },
    {
      what: 'moderations',
      path: '/v1/moderations',
      init: json(key, JSON.stringify({ model: 'omni-moderation-latest', input: prompt })),
    },
    {
      what: 'rerank',
      path: '/v1/rerank',
      init: json(key, JSON.stringify({ model: 'rerank-v3.5', query: prompt, documents: [prompt, 'b'] })),
    },
    {
      what: 'pictures',
      path: '/v1/images/generations',
      init: json(key, JSON.stringify({ model: 'gpt-image-1', prompt })),
    },
    {
      what: 'speech',
      path: '/v1/audio/speech',
      init: json(key, JSON.stringify({ model: 'gpt-4o-mini-tts', voice: 'alloy', input: prompt })),
    },
    {
      what: 'completions',
      path: '/v1/completions',
      init: json(key, JSON.stringify({ model: 'gpt-3.5-turbo-instruct', prompt })),
    },
    {
      what: 'responses',
      path: '/v1/responses',
      init: json(key, JSON.stringify({ model: 'openai/gpt-5-mini', input: prompt })),
    },
    {
      what: 'counting',
      path: '/v1/messages/count_tokens',
      init: json(key, JSON.stringify({ model: 'anthropic/claude-sonnet-5', messages })),
    },
    {
      what: 'a simulation',
      path: '/v1/route/simulate',
      init: json(key, JSON.stringify({ model: 'gpt-5-mini', messages })),
    },
  ]
}
