import { setImmediate as turn } from 'node:timers/promises'
import type { ProviderDialectId, UpstreamTarget } from '@atpar/dialects/contract'
import { afterAll, expect, it, vi } from 'vitest'
import type { ProviderWish } from '../upstream/encode-for-provider.ts'
import { doLargeJob, type LargeChat, type LargeTask } from './jobs.ts'
import { createLargeBodies } from './large-bodies.ts'

const TARGET: UpstreamTarget = {
  upstreamModel: 'served-model',
  stream: false,
  clampOutputTokens: null,
  defaultMaxOutputTokens: 1_000,
}

const wish = (to: ProviderDialectId): ProviderWish => ({
  to,
  target: TARGET,
  missing: [],
  offeringId: 'an/offering',
  provider: 'A provider',
})

const shared = (text: string): Uint8Array => {
  const bytes = Buffer.from(text)
  const copy = Buffer.from(new SharedArrayBuffer(bytes.length))
  bytes.copy(copy)
  return copy
}

const IMAGE = 'iVBORw0KGgo'.repeat(1_800_000)
const anthropicBody = (data = IMAGE): LargeChat => ({
  bytes: shared(
    JSON.stringify({
      model: 'asked-model',
      max_tokens: 100,
      provider: { order: ['openai'] },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
          ],
        },
      ],
    }),
  ),
  dialect: 'anthropic-messages',
})

const textOf = (...pieces: readonly (Uint8Array | null)[]): string =>
  Buffer.concat(pieces.map((piece) => piece ?? Buffer.alloc(0))).toString()

const large = createLargeBodies({ threads: 2, maxWaiting: 4 })
afterAll(() => large.close())
// Starting a thread takes a second of a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** Turns of the event loop that everybody else gets while this is awaited. */
const countTurns = async (work: Promise<unknown>): Promise<number> => {
  let turns = 0
  let isDone = false
  const finished = work.finally(() => {
    isDone = true
  })
  while (!isDone) {
    await turn()
    turns += 1
  }
  await finished
  return turns
}

it('while 20 MB are read and converted the event loop serves others', async () => {
  const body = anthropicBody()
  await large.read(anthropicBody('small'))
  const turns = await countTurns(large.write(body, wish('openai-chat')))
  expect(turns).toBeGreaterThan(20)
  // Done on the loop itself the same work leaves nobody a turn: which is what makes the figure above say something.
  const inline = await countTurns(
    (async () => {
      doLargeJob({ kind: 'write', ...body, wish: wish('openai-chat') })
    })(),
  )
  expect(inline).toBeLessThanOrEqual(2)
})

it('a large body becomes what a small one becomes', async () => {
  const body = anthropicBody('abcd')
  const { pieces: there } = await large.write(body, wish('openai-chat'))
  const here = doLargeJob({ kind: 'write', ...body, wish: wish('openai-chat') })
  expect(here.kind === 'write' && textOf(...here.pieces)).toBe(textOf(...there))
  expect(textOf(...there)).toContain('data:image/png;base64,abcd')
})

it('the same format is edited by bytes, and left alone where nothing is to edit', async () => {
  const body = anthropicBody('abcd')
  const edited = textOf(...(await large.write(body, wish('anthropic-messages'))).pieces)
  const before = Buffer.from(body.bytes).toString()
  expect(edited).toBe(before.replace('"asked-model"', '"served-model"').replace('"provider":{"order":["openai"]},', ''))
  const plain: LargeChat = { ...body, bytes: shared('{"model":"served-model","max_tokens":9,"messages":[]}') }
  const { pieces } = await large.write(plain, wish('anthropic-messages'))
  expect(pieces.map((piece) => [textOf(piece), piece.buffer instanceof SharedArrayBuffer])).toEqual([
    [textOf(plain.bytes), true],
  ])
})

it('routing gets the facts and the small members; the conversation stays away', async () => {
  const { facts, outline } = await large.read({ ...anthropicBody(), added: { stream: true } })
  expect(facts).toMatchObject({ model: 'asked-model', stream: true, maxOutputTokens: 100 })
  expect(outline).toEqual({
    model: 'asked-model',
    max_tokens: 100,
    provider: { order: ['openai'] },
    stream: true,
  })
})

const TEXTS = Array.from({ length: 2_000 }, (_, index) => `Text ${index}: the cat sat on the mat.`)
const embeddingsBody = (fields: object = {}): LargeTask => ({
  bytes: shared(JSON.stringify({ model: 'asked-model', input: TEXTS, ...fields })),
  dialect: 'openai-embeddings',
})

it('thousands of texts become what a few become, in the same format and in another', async () => {
  const passed = await large.writeTask(embeddingsBody(), { to: 'openai-embeddings', upstreamModel: 'served-model' })
  expect([passed.passes, passed.path]).toEqual([true, '/embeddings'])
  expect(JSON.parse(textOf(...passed.pieces))).toEqual({ model: 'served-model', input: TEXTS })
  const converted = await large.writeTask(embeddingsBody(), { to: 'cohere-embed', upstreamModel: 'served-model' })
  expect([converted.passes, converted.path]).toEqual([false, '/embed'])
  expect(JSON.parse(textOf(...converted.pieces))).toMatchObject({ model: 'served-model', texts: TEXTS })
})

it('thousands of vectors come back in the format of their caller, with what billing asks of them', async () => {
  const floats = TEXTS.map((_, index) => [index, 0.5])
  const answer = shared(JSON.stringify({ embeddings: { float: floats }, meta: { billed_units: { input_tokens: 7 } } }))
  const facts = { generationId: 'g', model: 'asked-model', createdAtMs: 0, costUsd: null }
  const asked = embeddingsBody({ encoding_format: 'float' })
  const { body, usage, hasContent } = await large.readAnswer(asked, { to: 'cohere-embed', answer, facts })
  expect([usage?.units, hasContent]).toEqual([{ input_uncached: 7 }, true])
  expect(JSON.parse(textOf(body))).toMatchObject({
    data: floats.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    usage: { prompt_tokens: 7, total_tokens: 7 },
  })
  const priced = await large.splice(body ?? answer, [{ path: ['usage', 'cost'], value: '0.01' }])
  expect(JSON.parse(textOf(priced))).toHaveProperty('usage.cost', 0.01)
  const one = shared('{"embeddings":{"float":[[1]]}}')
  await expect(large.readAnswer(asked, { to: 'cohere-embed', answer: one, facts })).rejects.toMatchObject({
    code: 'upstream_malformed',
  })
})

it('what a large request came to at least is told by its beginning and its length', async () => {
  const { units, head, characters } = await large.estimate(embeddingsBody(), 'openai-embeddings')
  expect([units, characters, TEXTS.join('').startsWith(head), head.length]).toEqual([
    {},
    TEXTS.join('').length,
    true,
    50_000,
  ])
})

it('what stands for a missing member never replaces one that was sent', async () => {
  const defaults = { model: 'default-model' }
  const read = (json: object) =>
    large.read({ bytes: shared(JSON.stringify({ input: 'x', ...json })), dialect: 'openai-moderations', defaults })
  expect([(await read({})).facts.model, (await read({ model: null })).facts.model]).toEqual([
    'default-model',
    'default-model',
  ])
  expect((await read({ model: 'asked-model' })).facts.model).toBe('asked-model')
})

it('what is wrong with a body is told as for a small one', async () => {
  for (const [text, code] of [
    ['{"model":', 'invalid_json'],
    ['{"model":"a","model":"b"}', 'invalid_request'],
    [`{"model":"a","messages":[${'1,'.repeat(300_000)}1]}`, 'body_too_large'],
    ['{"model":"a","messages":"none"}', 'invalid_request'],
  ] as const)
    await expect(large.read({ ...anthropicBody('x'), bytes: shared(text) })).rejects.toMatchObject({ code })
})

it('an answer that a provider gave is read however many wait', async () => {
  const answer = shared('{"data":[],"model":"m"}')
  const wish = { to: 'openai-embeddings', answer, facts: null } as const
  const all = await Promise.all(Array.from({ length: 12 }, () => large.readAnswer(embeddingsBody(), wish)))
  expect(all).toHaveLength(12)
})

it('more than may wait are refused with 503; those that wait are all served', async () => {
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => large.read(anthropicBody('x'))))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(6)
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'overloaded', retryable: true })
})
