import { expect, it } from 'vitest'
import { keepChunks, keepRequest, keepResponse, keepTexts, MOST_KEPT_CHARACTERS } from './kept-content.ts'

const user = (text: string) => ({ role: 'user' as const, content: [{ type: 'text' as const, text }] })

it('keeps who said what, and in place of a picture only that there was one', () => {
  const kept = keepRequest({
    messages: [
      user('what is this?'),
      {
        role: 'user',
        content: [{ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'BYTES' } }],
      },
      {
        role: 'assistant',
        content: [{ type: 'tool-call', id: 'call-1', name: 'look', argumentsJson: '{"at":1}' }],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'call-1',
            toolName: 'look',
            isError: false,
            content: [
              { type: 'text', text: 'a cat ' },
              { type: 'image', source: { kind: 'url', url: 'https://example.com/SECRET', mediaType: null } },
            ],
          },
        ],
      },
    ],
  })
  expect(kept).toEqual({
    isCut: false,
    messages: [
      { role: 'user', parts: [{ type: 'text', text: 'what is this?' }] },
      { role: 'user', parts: [{ type: 'media', kind: 'image', mediaType: 'image/png' }] },
      { role: 'assistant', parts: [{ type: 'tool-call', name: 'look', text: '{"at":1}' }] },
      { role: 'tool', parts: [{ type: 'tool-result', name: 'look', text: 'a cat [image]' }] },
    ],
  })
})

it('of a conversation that is too long the newest messages are kept, and it says so', () => {
  const long = 'x'.repeat(MOST_KEPT_CHARACTERS)
  expect(keepRequest({ messages: [user('first'), user(long), user('last')] })).toMatchObject({
    isCut: true,
    messages: [{ parts: [{ text: expect.stringMatching(/^x{60000,}$/) }] }, { parts: [{ text: 'last' }] }],
  })
  expect(keepRequest({ messages: [user('first'), user('last')] }).isCut).toBe(false)
})

it('is bounded in parts as well as in words, and cuts no character in two', () => {
  const empty = keepRequest({ messages: Array.from({ length: 50_000 }, () => user('')) })
  expect(empty.isCut).toBe(true)
  expect(JSON.stringify(empty).length).toBeLessThan(4 * MOST_KEPT_CHARACTERS)
  const kept = keepTexts(['a', '🙂'.repeat(MOST_KEPT_CHARACTERS)])
  expect(kept.isCut).toBe(true)
  expect(JSON.stringify(kept)).not.toMatch(/\\ud/)
})

it('a stream is kept as the same words that the whole answer is', () => {
  const whole = keepResponse({
    choices: [
      {
        index: 0,
        finishReason: 'tool-calls',
        content: [
          { type: 'thinking', text: 'hm, so', signature: null },
          { type: 'text', text: 'Hello' },
          { type: 'tool-call', id: 'a', name: 'one', argumentsJson: '{"n":1}' },
          { type: 'tool-call', id: 'b', name: 'two', argumentsJson: '{}' },
        ],
      },
      { index: 1, finishReason: 'stop', content: [{ type: 'text', text: 'Other' }] },
    ],
  })
  const streamed = keepChunks(
    [
      { type: 'start', providerId: null, servedModel: null },
      { type: 'thinking-delta', index: 0, text: 'hm, ' },
      { type: 'thinking-delta', index: 0, text: 'so' },
      { type: 'text-delta', index: 1, text: 'Oth' },
      { type: 'text-delta', index: 0, text: 'Hello' },
      { type: 'text-delta', index: 1, text: 'er' },
      { type: 'tool-call-start', index: 0, callIndex: 0, id: 'a', name: 'one' },
      { type: 'tool-call-start', index: 0, callIndex: 1, id: 'b', name: 'two' },
      { type: 'tool-call-delta', index: 0, callIndex: 0, argumentsJson: '{"n"' },
      { type: 'tool-call-delta', index: 0, callIndex: 1, argumentsJson: '{}' },
      { type: 'tool-call-delta', index: 0, callIndex: 0, argumentsJson: ':1}' },
      { type: 'finish', index: 0, reason: 'tool-calls' },
    ],
    false,
  )
  expect(streamed).toEqual(whole)
})
