import type { ChatChunk, ChatRequest, ContentPart, Message } from '@atpar/core/chat'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { CallerDialectId, UpstreamTarget } from './contract.ts'
import { callerDialects, providerDialects } from './registry.ts'
import { decodeStream } from './testing.ts'

const DIALECTS = Object.keys(callerDialects) as CallerDialectId[]
const target: UpstreamTarget = {
  upstreamModel: 'claude-sonnet-4-5',
  stream: true,
  clampOutputTokens: null,
  defaultMaxOutputTokens: 4096,
}

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== '')
const toolName = fc.constantFrom('get_weather', 'get_time', 'search')
const toolId = fc.stringMatching(/^(call|toolu)_[a-zA-Z0-9]{4,12}$/)
const toolArguments = fc.dictionary(
  fc.constantFrom('city', 'ü', 'n'),
  fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
  { maxKeys: 3 },
)

interface Call {
  readonly id: string
  readonly name: string
  readonly args: object
  readonly result: string
}

const call: fc.Arbitrary<Call> = fc.record({ id: toolId, name: toolName, args: toolArguments, result: word })

/** A conversation as clients have it: the user speaks, the assistant answers or calls tools, each call is answered in order. */
const turn = fc.record({
  user: word,
  answer: word,
  calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id }) => id }),
})

const toMessages = (
  turns: readonly { readonly user: string; readonly answer: string; readonly calls: readonly Call[] }[],
): Message[] =>
  turns.flatMap(({ user, answer, calls }): Message[] => {
    const said: ContentPart = { type: 'text', text: answer }
    const called = calls.map(({ id, name, args }): ContentPart => ({
      type: 'tool-call',
      id,
      name,
      argumentsJson: JSON.stringify(args),
    }))
    const results = calls.map(({ id, result }): ContentPart => ({
      type: 'tool-result',
      toolCallId: id,
      toolName: null,
      content: [{ type: 'text', text: result }],
      isError: false,
    }))
    const messages: Message[] = [{ role: 'user', content: [{ type: 'text', text: user }] }]
    messages.push({ role: 'assistant', content: [said, ...called] })
    return results.length === 0
      ? messages
      : [
          ...messages,
          { role: 'tool', content: results },
          { role: 'assistant', content: [{ type: 'text', text: 'ok' }] },
        ]
  })

const requestOf = (messages: readonly Message[]): ChatRequest => ({
  model: 'model',
  messages: [{ role: 'system', content: [{ type: 'text', text: 'be brief' }] }, ...messages],
  tools: ['get_weather', 'get_time', 'search'].map((name) => ({
    name,
    description: `${name}.`,
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  })),
  toolChoice: { kind: 'auto' },
  parallelToolCalls: null,
  responseFormat: null,
  reasoning: null,
  maxOutputTokens: 100,
  temperature: 0.5,
  topP: null,
  topK: null,
  frequencyPenalty: null,
  presencePenalty: null,
  seed: null,
  stop: ['END'],
  choices: 1,
  logprobs: null,
  stream: true,
  user: null,
  metadata: null,
  serviceTier: null,
  unmapped: [],
})

interface Step {
  readonly role: string
  readonly parts: readonly unknown[]
}

/** The conversation by what matters, whatever messages a format bundles it into. */
const outline = (messages: readonly Message[]): Step[] => {
  const steps: { role: string; parts: unknown[] }[] = []
  for (const { role, content } of messages) {
    const parts = content.map((part) => {
      if (part.type === 'text') return part.text
      if (part.type === 'tool-call') return [part.id, part.name, JSON.parse(part.argumentsJson) as unknown]
      return part.type === 'tool-result'
        ? [part.toolCallId, part.content.map((inner) => (inner.type === 'text' ? inner.text : inner))]
        : part
    })
    const last = steps.at(-1)
    if (last?.role === role) last.parts.push(...parts)
    else steps.push({ role, parts })
  }
  return steps
}

/**
 * What a provider is asked to go on from: Anthropic refuses last words of an assistant that end in white space, so that
 * they are cut where its format is written.
 */
const lastWordsCut = (messages: readonly Message[]): Message[] => {
  const last = messages.at(-1)
  if (last?.role !== 'assistant') return [...messages]
  const content = last.content.map((part) => (part.type === 'text' ? { ...part, text: part.text.trimEnd() } : part))
  return [...messages.slice(0, -1), { ...last, content }]
}

/** OpenAI's newer format has no stop sequences. */
const hasStops = (id: CallerDialectId): boolean => id !== 'openai-responses'

describe.each(DIALECTS)('a request written as %s', (id) => {
  test('reads back with the same words, tool ids, arguments and order', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 3 }), (turns) => {
        const ids = turns.flatMap(({ calls }) => calls.map((one) => one.id))
        fc.pre(new Set(ids).size === ids.length)
        const request = requestOf(toMessages(turns))
        const { body, dropped } = providerDialects[id].encodeRequest(request, target)
        const wire = JSON.parse(JSON.stringify({ ...body, model: 'model', stream: true })) as typeof body
        const decoded = callerDialects[id].decodeRequest(wire)
        expect(dropped).toEqual(hasStops(id) ? [] : ['stop'])
        const sent = id === 'anthropic-messages' ? lastWordsCut(request.messages) : request.messages
        expect(outline(decoded.messages)).toEqual(outline(sent))
        expect(decoded.tools).toEqual(request.tools)
        expect(decoded).toMatchObject({
          toolChoice: { kind: 'auto' },
          maxOutputTokens: 100,
          temperature: 0.5,
          stop: hasStops(id) ? ['END'] : [],
          stream: true,
        })
      }),
      { numRuns: 60 },
    )
  })

  test('is accepted by its own reader of facts, which counts at least the words', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 2 }), (turns) => {
        const request = requestOf(toMessages(turns))
        const { body } = providerDialects[id].encodeRequest(request, target)
        const facts = callerDialects[id].readFacts({ ...body, model: 'model', stream: true })
        const words = turns
          .map(({ user, answer, calls }) => user + answer + calls.map((one) => one.result).join(''))
          .join('')
        expect(facts.textBytes).toBeGreaterThanOrEqual(new TextEncoder().encode(words).length)
        expect(facts).toMatchObject({
          model: 'model',
          stream: true,
          maxOutputTokens: 100,
          usesTools: true,
          mediaTokens: 0,
        })
      }),
      { numRuns: 40 },
    )
  })
})

/** An answer as chunks: thinking, words, calls, an end, a count. */
const answer = fc.record({
  thinking: fc.array(word, { maxLength: 2 }),
  text: fc.array(word, { maxLength: 3 }),
  calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id }) => id }),
  input: fc.nat(10_000),
  output: fc.nat(10_000),
})

type Answer = typeof answer extends fc.Arbitrary<infer Value> ? Value : never

const toChunks = ({ thinking, text, calls, input, output }: Answer): ChatChunk[] => [
  { type: 'start', providerId: 'p', servedModel: 'm' },
  ...thinking.map((words): ChatChunk => ({ type: 'thinking-delta', index: 0, text: words })),
  ...text.map((words): ChatChunk => ({ type: 'text-delta', index: 0, text: words })),
  ...calls.flatMap(({ id, name, args }, callIndex): ChatChunk[] => {
    const json = JSON.stringify(args)
    return [
      { type: 'tool-call-start', index: 0, callIndex, id, name },
      { type: 'tool-call-delta', index: 0, callIndex, argumentsJson: json.slice(0, 3) },
      { type: 'tool-call-delta', index: 0, callIndex, argumentsJson: json.slice(3) },
    ]
  }),
  { type: 'finish', index: 0, reason: calls.length > 0 ? 'tool-calls' : 'stop' },
  { type: 'usage', usage: { units: { input_uncached: input, output_text: output }, raw: null }, final: true },
]

/** What a caller makes of a stream, however it was cut into pieces. */
const assemble = (chunks: readonly ChatChunk[]): unknown => {
  const whole = {
    thinking: '',
    text: '',
    calls: [] as { id: string; name: string; json: string }[],
    reason: '',
    units: {} as object,
  }
  for (const chunk of chunks) {
    if (chunk.type === 'thinking-delta') whole.thinking += chunk.text
    if (chunk.type === 'text-delta') whole.text += chunk.text
    if (chunk.type === 'tool-call-start') whole.calls.push({ id: chunk.id, name: chunk.name, json: '' })
    if (chunk.type === 'tool-call-delta') {
      const open = whole.calls[chunk.callIndex]
      if (open !== undefined) open.json += chunk.argumentsJson
    }
    if (chunk.type === 'finish') whole.reason = chunk.reason
    if (chunk.type === 'usage') whole.units = chunk.usage.units
  }
  return { ...whole, calls: whole.calls.map(({ id, name, json }) => [id, name, JSON.parse(json) as unknown]) }
}

describe.each(DIALECTS)('a stream written as %s', (id) => {
  const facts = {
    generationId: 'gen-1',
    model: 'model',
    createdAtMs: 1_700_000_000_000,
    costUsd: null,
    wantsUsage: true,
  }

  const write = (chunks: readonly ChatChunk[]): string => {
    const encoder = callerDialects[id].openStream(facts)
    return chunks.map((chunk) => encoder.push(chunk)).join('') + encoder.end({ costUsd: '0.000001' })
  }

  test('reads back as the same answer, whole and finished', () => {
    fc.assert(
      fc.property(answer, (given) => {
        const chunks = toChunks(given)
        const { chunks: read, finished } = decodeStream(providerDialects[id].openStream(), write(chunks))
        expect(finished).toBe(true)
        expect(assemble(read)).toEqual(assemble(chunks))
      }),
      { numRuns: 100 },
    )
  })

  test('keeps calls whole whose arguments arrive in turns', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(call, { minLength: 2, maxLength: 3, selector: (one) => one.id }),
        fc.infiniteStream(fc.nat()),
        (calls, choices) => {
          // Pieces of each call stay in order, calls are dealt like cards.
          const queues = calls.map(({ id: callId, name, args }, callIndex): ChatChunk[] => [
            { type: 'tool-call-start', index: 0, callIndex, id: callId, name },
            ...Array.from(JSON.stringify(args), (letter): ChatChunk => ({
              type: 'tool-call-delta',
              index: 0,
              callIndex,
              argumentsJson: letter,
            })),
          ])
          const starts = queues.map((queue) => queue.shift()).filter((chunk) => chunk !== undefined)
          const dealt: ChatChunk[] = [...starts]
          for (const choice of choices) {
            const filled = queues.filter((queue) => queue.length > 0)
            const next = filled[choice % Math.max(filled.length, 1)]?.shift()
            if (next === undefined) break
            dealt.push(next)
          }
          const chunks: ChatChunk[] = [...dealt, { type: 'finish', index: 0, reason: 'tool-calls' }]
          const read = decodeStream(providerDialects[id].openStream(), write(chunks)).chunks
          const without = (value: unknown): unknown => ({ ...(value as object), units: {} })
          expect(without(assemble(read))).toEqual(without(assemble(chunks)))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('is cut, not finished, when it ends with an error', async () => {
    const { AppError } = await import('@atpar/core/errors')
    const encoder = callerDialects[id].openStream(facts)
    const text =
      encoder.push({ type: 'text-delta', index: 0, text: 'Hal' }) + encoder.fail(new AppError('stream_interrupted'))
    const { chunks, finished } = decodeStream(providerDialects[id].openStream(), text)
    expect(chunks.at(-1)).toMatchObject({ type: 'error' })
    expect(finished).toBe(false)
  })
})
