import type { UsageBucket } from '@atpar/core/usage'
import { expect, it } from 'vitest'
import { openaiImagesCaller } from './images/openai-caller.ts'
import { openaiImagesProvider } from './images/openai.ts'
import type { MediaInput, MediaTarget } from './media-contract.ts'
import { mediaCallers, mediaProviders } from './media-registry.ts'
import { readRealtimeUsage } from './realtime-usage.ts'
import { openaiTranscriptionsProvider } from './transcriptions/openai.ts'

const target = (...sold: readonly UsageBucket[]): MediaTarget => ({
  upstreamModel: 'upstream',
  sold: new Set(sold),
})
const json = (body: MediaInput['json']): MediaInput => ({ json: body, files: [] })
const recording = (fields: MediaInput['json'], seconds: number | null = 10): MediaInput => ({
  json: { model: 'm', ...fields },
  files: [{ name: 'file', fileName: 'a.wav', contentType: 'audio/wav', bytes: 160_044, seconds }],
})
const sse = (data: object) => ({ event: '', data: JSON.stringify(data) })

it('reads the usage of pictures as OpenAI’s reference shows it', () => {
  // https://platform.openai.com/docs/api-reference/images/create, the example answer
  const request = openaiImagesCaller.decodeRequest(json({ model: 'gpt-image-1', prompt: 'x' }))
  const answer = openaiImagesProvider.decodeAnswer(
    {
      created: 1713833628,
      data: [{ b64_json: '…' }],
      usage: {
        total_tokens: 100,
        input_tokens: 50,
        output_tokens: 50,
        input_tokens_details: { text_tokens: 10, image_tokens: 40 },
      },
    },
    request,
  )
  expect(answer.usage?.units).toEqual({ input_uncached: 10, image_in: 40, image_out: 50 })
})

it.each([
  // https://platform.openai.com/docs/api-reference/audio/json-object, both of its examples
  [
    {
      type: 'tokens',
      input_tokens: 14,
      input_token_details: { text_tokens: 10, audio_tokens: 4 },
      output_tokens: 101,
      total_tokens: 115,
    },
    { input_uncached: 10, audio_in: 4, output_text: 101 },
  ],
  [{ type: 'duration', seconds: 9 }, { seconds: 9 }],
])('reads the usage of recordings as OpenAI’s reference shows it: %j', (usage, units) => {
  const request = mediaCallers.transcriptions.decodeRequest(recording({}))
  expect(openaiTranscriptionsProvider.decodeAnswer({ text: 'Imagine', usage }, request).usage?.units).toEqual(units)
})

it('reads the usage of a conversation in sound as OpenAI’s guide shows it', () => {
  // https://platform.openai.com/docs/guides/realtime-costs
  expect(
    readRealtimeUsage({
      total_tokens: 253,
      input_tokens: 132,
      output_tokens: 121,
      input_token_details: {
        text_tokens: 119,
        audio_tokens: 13,
        image_tokens: 0,
        cached_tokens: 64,
        cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
      },
      output_token_details: { text_tokens: 30, audio_tokens: 91 },
    })?.units,
  ).toEqual({ input_uncached: 55, cache_read: 64, audio_in: 13, output_text: 30, audio_out: 91 })
  expect(readRealtimeUsage({ input_tokens: 1, output_tokens: -1 })).toBeNull()
  expect(readRealtimeUsage({ input_tokens: 1, output_tokens: 1, input_token_details: { audio_tokens: 9 } })).toBeNull()
})

it('reads what Google tells of a picture', () => {
  // https://ai.google.dev/gemini-api/docs/pricing: a picture up to 1024 × 1024 comes to 1,290 tokens
  const request = openaiImagesCaller.decodeRequest(json({ model: 'm', prompt: 'x' }))
  const answer = mediaProviders['gemini-images'].decodeAnswer(
    {
      candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }] } }],
      usageMetadata: {
        promptTokenCount: 8,
        candidatesTokenCount: 1290,
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
      },
    },
    request,
  )
  expect(answer.usage?.units).toEqual({ input_uncached: 8, image_out: 1290 })
})

it('holds for pictures what the largest of their table comes to', () => {
  // https://platform.openai.com/docs/guides/image-generation#cost-and-latency
  const facts = (body: MediaInput['json']) => openaiImagesCaller.readFacts(json({ model: 'm', prompt: 'x', ...body }))
  expect(facts({ quality: 'high', size: '1024x1536', n: 2 }).maxOutputTokens).toBe(2 * 6_240)
  expect(facts({}).maxOutputTokens).toBe(6_240)
  expect(facts({ stream: true, partial_images: 3, quality: 'medium', size: '1024x1536' }).maxOutputTokens).toBe(1_884)
  expect(facts({ n: 3 }).units).toEqual({ images: 3 })
})

it('counts characters as people do, and bounds sounds by their own words or their size', () => {
  const speech = mediaCallers.speech.readFacts(json({ model: 'm', voice: 'alloy', input: 'Grüße 👋🏽' }))
  expect(speech.units).toEqual({ characters: 8 })
  expect(mediaCallers.transcriptions.readFacts(recording({})).units).toEqual({ seconds: 10 })
  expect(mediaCallers.transcriptions.readFacts(recording({}, null)).units).toEqual({ seconds: 321 })
})

it('asks in the way that tells the usage: events of speech by the token, durations of recordings by the second', () => {
  const speak = json({ model: 'm', voice: 'alloy', input: 'x', unknown_field: 1, provider: {} })
  const speech = mediaCallers.speech.decodeRequest(speak)
  const encode = (to: MediaTarget) => mediaProviders['openai-speech'].encodeRequest(speech, to, speak)
  expect(encode(target('input_uncached', 'audio_out'))).toMatchObject({
    answer: 'events',
    body: { json: { stream_format: 'sse', model: 'upstream', unknown_field: 1 } },
  })
  expect(encode(target('characters')).body).toEqual({
    kind: 'json',
    json: { model: 'upstream', voice: 'alloy', input: 'x', unknown_field: 1 },
  })
  const input = recording({ response_format: 'srt', language: 'de' })
  const heard = mediaCallers.transcriptions.decodeRequest(input)
  const listen = openaiTranscriptionsProvider.encodeRequest(heard, target('seconds'), input)
  expect(listen.body).toMatchObject({
    fields: expect.arrayContaining([{ name: 'response_format', value: 'verbose_json' }]),
  })
  expect(() => openaiTranscriptionsProvider.encodeRequest(heard, target('audio_in'), input)).toThrow('makes no srt')
})

it('tells the end of a stream, its usage and its failure', () => {
  const { readEvent } = mediaProviders['openai-speech']
  expect(readEvent(sse({ type: 'speech.audio.delta', audio: 'AA==' }))).toMatchObject({ sound: 'AA==', isLast: false })
  expect(
    readEvent(sse({ type: 'speech.audio.done', usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 } })),
  ).toMatchObject({ isLast: true, usage: { units: { input_uncached: 14, audio_out: 101 } } })
  expect(readEvent(sse({ error: { message: 'overloaded' } })).problem).toMatchObject({ code: 'upstream_failed' })
  expect(readEvent({ event: '', data: 'no json' })).toMatchObject({ isLast: false, problem: null })
})

it('writes subtitles that no text can break', () => {
  const input = recording({ response_format: 'vtt' })
  const request = mediaCallers.transcriptions.decodeRequest(input)
  const answer = mediaProviders['deepgram-listen'].decodeAnswer(
    {
      metadata: { duration: 3_661.5 },
      results: {
        channels: [{ alternatives: [{ transcript: 'a --> b' }] }],
        utterances: [{ start: 3_600.25, end: 3_661.5, transcript: 'a --> b\n\nc' }],
      },
    },
    request,
  )
  expect(answer.usage?.units).toEqual({ seconds: 3_661 })
  expect(mediaCallers.transcriptions.encodeAnswer(answer, request, { createdAtMs: 0, costUsd: null }).body).toBe(
    'WEBVTT\n\n01:00:00.250 --> 01:01:01.500\na -> b\nc\n\n',
  )
})

it.each([
  ['images', { model: 'm' }, 'prompt'],
  ['images', { model: 'm', prompt: 'x', n: 11 }, 'n'],
  ['images', { prompt: 'x' }, 'model'],
  ['edits', { model: 'm', prompt: 'x' }, 'image'],
  ['speech', { model: 'm', input: 'x' }, 'voice'],
  ['speech', { model: 'm', input: 'x', voice: 'v', response_format: 'midi' }, 'response_format'],
  ['transcriptions', { model: 'm' }, 'file'],
] as const)('%s refuses %j, naming %s', (name, body, param) => {
  expect(() => mediaCallers[name].readFacts(json(body))).toThrow(
    expect.objectContaining({ code: 'invalid_request', param }),
  )
})
