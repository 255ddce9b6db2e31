import { spliceJson, type JsonEdit } from '@atpar/core/json-splice'
import type { JsonObject } from '@atpar/core/json'
import { describe, expect, test } from 'vitest'
import type { UpstreamTarget, WireQuirks } from '../contract.ts'
import { asObjects } from '../fields.ts'
import { openaiChatCaller, openaiChatProvider } from './dialect.ts'
import { shortToolId } from './quirks.ts'

const quirks: WireQuirks = {
  refuses: ['stream_options', 'user'],
  renames: { seed: 'random_seed' },
  developerRole: 'system',
  toolIds: 'nine-alphanumeric',
}

const target: UpstreamTarget = {
  upstreamModel: 'mistral-large-latest',
  stream: true,
  clampOutputTokens: null,
  defaultMaxOutputTokens: 4_096,
  maxOutputField: 'max_tokens',
  quirks,
}

const asked: JsonObject = {
  model: 'any',
  stream: true,
  stream_options: { include_usage: true },
  user: 'u-1',
  seed: 7,
  vendor_field: { kept: [1, 2] },
  messages: [
    { role: 'developer', content: 'Be brief.' },
    { role: 'user', content: 'Weather?' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_abcdefghijkl', type: 'function', function: { name: 'weather', arguments: '{}' } },
        { id: 'Ab3dE6gH9', type: 'function', function: { name: 'weather', arguments: '{}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_abcdefghijkl', content: 'rain' },
    { role: 'tool', tool_call_id: 'Ab3dE6gH9', content: 'sun' },
  ],
}

const splice = (text: string, edits: readonly JsonEdit[]): string =>
  new TextDecoder().decode(spliceJson(new TextEncoder().encode(text), edits))

const passThrough = (body: JsonObject, to: UpstreamTarget = target): JsonObject =>
  JSON.parse(splice(JSON.stringify(body), openaiChatProvider.passThroughEdits(body, to))) as JsonObject

const converted = (): { readonly body: JsonObject; readonly dropped: readonly string[] } =>
  openaiChatProvider.encodeRequest(openaiChatCaller.decodeRequest(asked), target)

describe.each([
  ['passed through', () => passThrough(asked)],
  ['converted', () => converted().body],
] as const)('a request %s to a server with quirks', (_how, send) => {
  test('lacks what that server answers with an error, its own wish for usage included', () => {
    const body = send()
    expect(body).not.toHaveProperty('stream_options')
    expect(body).not.toHaveProperty('user')
  })

  test('says seed in the server’s word', () => {
    const body = send()
    expect(body).not.toHaveProperty('seed')
    expect(body['random_seed']).toBe(7)
  })

  test('names system what it knows no other name for', () => {
    const roles = (send()['messages'] as JsonObject[]).map(({ role }) => role)
    expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'tool'])
  })

  test('ties every result to its call by an id of the server’s kind, and leaves such ids alone', () => {
    const messages = send()['messages'] as JsonObject[]
    const calls = asObjects(messages[2]?.['tool_calls']).map(({ id }) => id)
    expect(calls).toEqual([messages[3]?.['tool_call_id'], messages[4]?.['tool_call_id']])
    expect(calls[0]).toMatch(/^[A-Za-z0-9]{9}$/)
    expect(calls[1]).toBe('Ab3dE6gH9')
  })
})

test('what was left out is told, but for what the gateway itself had added', () => {
  expect(converted().dropped).toContain('user')
  expect(converted().dropped).not.toContain('stream_options')
})

test('what the gateway does not know passes', () => {
  expect(passThrough(asked)['vendor_field']).toEqual({ kept: [1, 2] })
})

test('messages without anything to adapt keep every byte', () => {
  const body = { model: 'any', messages: [{ role: 'user', content: 'é  ok' }] }
  const text = '{ "model": "any", "messages": [ { "role":"user",  "content": "\\u00e9  ok" } ] }'
  const edits = openaiChatProvider.passThroughEdits(body, { ...target, stream: false })
  expect(splice(text, edits)).toBe(text.replace('"any"', '"mistral-large-latest"'))
})

test('a server without quirks is asked for usage and gets the rest as it came', () => {
  const { quirks: _none, ...plain } = target
  expect(passThrough({ ...asked, stream_options: {} }, plain)).toEqual({
    ...asked,
    model: 'mistral-large-latest',
  })
})

test('ids made from ids are the same each time and apart from one another', () => {
  const made = Array.from({ length: 2_000 }, (_, index) => shortToolId(`call_${index}`))
  expect(new Set(made).size).toBe(made.length)
  expect(made[0]).toBe(shortToolId('call_0'))
})
