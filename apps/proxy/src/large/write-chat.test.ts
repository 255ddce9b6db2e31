import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { CallerDialectId } from '@atpar/dialects/contract'
import { callerDialects, everyProviderDialect } from '@atpar/dialects/registry'
import { expect, it } from 'vitest'
import { encodeForProvider, type ProviderWish } from '../upstream/encode-for-provider.ts'
import { meaningOf } from './meaning.ts'
import { writeChat } from './write-chat.ts'

const BASE64 = 'QUJD'.repeat(16_400)
const CUT_SHORT = `${BASE64}QQ==`
const WORDS = 'words without an end '.repeat(3_130)
const TYPES = ['image/png', 'audio/wav', 'application/pdf', 'text/plain', 'application/json']
const DATA = [BASE64, CUT_SHORT, WORDS]
const said = (...content: readonly JsonObject[]): JsonObject => ({
  messages: [{ role: 'user', content: [...content] }],
})
const url = (type: string, data: string): string => `data:${type};base64,${data}`

const typed = (write: (type: string, data: string) => JsonObject): readonly JsonObject[] => [
  ...TYPES.map((type) => write(type, BASE64)),
  write('image/png', CUT_SHORT),
  write('text/plain', WORDS),
]

/** Long strings wherever a format has a place for them, each alone so that a refusal is of it. */
const BODIES: Readonly<Record<CallerDialectId, readonly JsonObject[]>> = {
  'openai-chat': [
    ...typed((type, data) => said({ type: 'image_url', image_url: { url: url(type, data), detail: 'low' } })),
    ...typed((type, data) => said({ type: 'file', file: { filename: 'a', file_data: url(type, data) } })),
    ...typed((type, data) => said({ type: 'input_audio', input_audio: { data, format: type } })),
    ...DATA.map((data) => said({ type: 'input_audio', input_audio: { data, format: 'mp3' } })),
    ...DATA.map((text) => said({ type: 'text', text }, { type: 'text', text: 'What is it?' })),
    { ...said({ type: 'text', text: 'hi' }), prediction: WORDS },
    said({ type: 'image_url', image_url: { url: `data:image/png;charset=x;base64,${BASE64}` } }),
    said({ type: 'image_url', image_url: { url: url('image/png', `${BASE64} ${BASE64}`) } }),
    said(
      { type: 'image_url', image_url: { url: url('image/png', BASE64) } },
      { type: 'text', text: 'and' },
      { type: 'image_url', image_url: { url: url('image/jpeg', CUT_SHORT) } },
    ),
    {
      messages: [
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: BASE64, type: 'function', function: { name: 'f', arguments: JSON.stringify({ data: BASE64 }) } },
          ],
        },
        { role: 'tool', tool_call_id: BASE64, content: url('image/png', BASE64) },
      ],
    },
  ],
  'openai-responses': [
    ...typed((type, data) => ({
      input: [{ role: 'user', content: [{ type: 'input_image', image_url: url(type, data) }] }],
    })),
    ...typed((type, data) => ({
      input: [{ role: 'user', content: [{ type: 'input_file', filename: 'a', file_data: url(type, data) }] }],
    })),
    ...DATA.map((input) => ({ input })),
  ],
  'anthropic-messages': [
    ...typed((type, data) => said({ type: 'image', source: { type: 'base64', media_type: type, data } })),
    ...typed((type, data) =>
      said({ type: 'document', title: 't', source: { type: 'base64', media_type: type, data } }),
    ),
    ...typed((type, data) => said({ type: 'document', source: { type: 'text', media_type: type, data } })),
    ...DATA.map((data) => said({ type: 'redacted_thinking', data }, { type: 'text', text: 'hi' })),
    ...typed((type, data) =>
      said({
        type: 'tool_result',
        tool_use_id: 't',
        content: [{ type: 'image', source: { type: 'base64', media_type: type, data } }],
      }),
    ),
  ],
  gemini: [
    ...typed((type, data) => ({ contents: [{ role: 'user', parts: [{ inlineData: { mimeType: type, data } }] }] })),
    ...typed((type, data) => ({ contents: [{ role: 'user', parts: [{ inline_data: { mime_type: type, data } }] }] })),
    ...typed((type, data) => ({
      contents: [{ role: 'user', parts: [{ functionResponse: { name: 'f', response: { data, format: type } } }] }],
    })),
    ...DATA.map((text) => ({ contents: [{ role: 'user', parts: [{ text }] }] })),
  ],
}

const outcomeOf = (write: () => { readonly body: string; readonly dropped: readonly string[] }): unknown => {
  try {
    return write()
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, message: error.message }
    throw error
  }
}

const callers = Object.values(callerDialects)
const providers = Object.values(everyProviderDialect)
const pairs = callers.flatMap((caller) => providers.map((provider) => ({ from: caller.id, to: provider.id })))

it.each(pairs)('what goes out is what the words themselves would become: $from to $to', ({ from, to }) => {
  if (from === 'openai-completions') throw new TypeError('no format of conversations')
  const wish: ProviderWish = {
    to,
    target: {
      upstreamModel: 'served-model',
      stream: false,
      clampOutputTokens: 7,
      defaultMaxOutputTokens: 1_000,
      quirks: { toolIds: 'nine-alphanumeric', developerRole: 'system', renames: { prediction: 'guess' } },
    },
    missing: ['seed'],
    offeringId: 'an/offering',
    provider: 'A provider',
  }
  for (const fields of BODIES[from]) {
    const body = {
      bytes: Buffer.from(JSON.stringify({ model: 'asked-model', max_tokens: 9, seed: 1, ...fields })),
      dialect: from,
    }
    const expected = outcomeOf(() => {
      const { body: whole, dropped } = encodeForProvider({ ...body, json: meaningOf(body) }, wish)
      return { body: Buffer.from(whole).toString(), dropped }
    })
    const written = outcomeOf(() => {
      const { pieces, dropped } = writeChat(body, wish)
      return { body: Buffer.concat(pieces).toString(), dropped }
    })
    // Compared as a whole first: half a megabyte of differences helps nobody.
    if (JSON.stringify(written) !== JSON.stringify(expected))
      expect(JSON.stringify(written).slice(0, 2_000)).toBe(JSON.stringify(expected).slice(0, 2_000))
    expect(JSON.stringify(written) === JSON.stringify(expected)).toBe(true)
  }
})

it.each(['anthropic-messages', 'openai-chat', 'gemini'] as const)(
  'nothing is copied of a picture, whoever is asked: %s',
  (to) => {
    const bytes = Buffer.from(
      JSON.stringify({
        model: 'asked-model',
        max_tokens: 9,
        ...said({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: BASE64 } }),
      }),
    )
    const { pieces } = writeChat(
      { bytes, dialect: 'anthropic-messages' },
      {
        to,
        target: { upstreamModel: 'b', stream: false, clampOutputTokens: null, defaultMaxOutputTokens: 9 },
        missing: [],
        offeringId: 'an/offering',
        provider: 'A provider',
      },
    )
    const own = pieces.filter(({ buffer }) => buffer !== bytes.buffer)
    expect(own.reduce((sum, piece) => sum + piece.length, 0)).toBeLessThan(2_000)
  },
)
