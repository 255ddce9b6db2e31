import { describe, expect, test } from 'vitest'
import { hideCredential, hideQuotes } from './hide-sent.ts'

describe('a refusal', () => {
  test.each([
    ['bearer', { authorization: 'Bearer plainwordkey' }],
    ['header', { 'x-api-key': 'plainwordkey' }],
  ])('repeats no credential sent as %s, whatever it looks like', (_name, headers) => {
    const text = '{"message":"No such key: plainwordkey (plainwordkey)"}'
    expect(hideCredential(text, { ...headers, 'content-type': 'application/json' })).toBe(
      '{"message":"No such key: [redacted] ([redacted])"}',
    )
  })

  test('keeps words that are also values of ordinary headers', () => {
    expect(hideCredential('expected application/json', { 'content-type': 'application/json' })).toBe(
      'expected application/json',
    )
  })
})

describe('a sentence about a request', () => {
  const prompt = 'my neighbour told me in confidence that the house is to be sold'
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: prompt }] })

  test.each([
    ['from a text', body],
    ['from bytes', new TextEncoder().encode(body)],
    [
      'from pieces',
      [20, 21, 60].map((end, at, ends) =>
        new TextEncoder().encode(body).subarray(ends[at - 1] ?? 0, at === 2 ? undefined : end),
      ),
    ],
  ])('quotes nothing the caller said, %s', (_name, sent) => {
    expect(hideQuotes(`Unsafe: "${prompt}" is not allowed.`, sent)).toBe('Unsafe: [your words] is not allowed.')
    expect(hideQuotes(`${prompt} / ${prompt}`, sent)).toBe('[your words] / [your words]')
  })

  test('hides every quote of forty letters, wherever it begins', () => {
    for (let start = 0; start < 20; start += 1) {
      const quote = prompt.slice(start, start + 40)
      for (const before of ['', 'No: ', 'It is not: '])
        expect(hideQuotes(`${before}${quote}!`, body)).toMatch(new RegExp(`^${before.trim()} ?\\[your words\\]!$`))
    }
  })

  test('still says what is wrong', () => {
    const sentence = "Invalid value for 'messages[0].role': expected one of system, user, assistant."
    expect(hideQuotes(sentence, body)).toBe(sentence)
    expect(hideQuotes('Too long.', body)).toBe('Too long.')
    expect(hideQuotes(`${prompt} again`, null)).toBe(`${prompt} again`)
  })
})
