import { describe, expect, it } from 'vitest'
import {
  decodeCredentialSecret,
  encodeCredentialSecret,
  hintOf,
  listCredentialProviders,
  parseApiKey,
} from './credential.ts'
import { openai } from './openai.ts'

describe('a customer’s key', () => {
  it('is taken as it is, without the spaces around it', () => {
    expect(parseApiKey('  sk-abc.DEF_123~/=  ')).toBe('sk-abc.DEF_123~/=')
  })

  it.each(['', 'short', 'sk-with space-in-it', 'sk-line\r\nx-evil: 1', 'sk-ünïcödé-key', 'x'.repeat(1_001)])(
    '%j is none, and the message does not repeat it',
    (text) => {
      expect(() => parseApiKey(text)).toThrow(
        expect.objectContaining({
          name: 'RangeError',
          message: expect.not.stringContaining(text === '' ? '\0' : text),
        }),
      )
    },
  )

  it('shows its last four characters only where twelve others stay hidden', () => {
    expect(hintOf(openai, { apiKey: 'sk-0123456789abcd' })).toBe('abcd')
    expect(hintOf(openai, { apiKey: 'sk-0123456789ab' })).toBe('')
  })

  it('survives being sealed', () => {
    const secret = { apiKey: 'sk-1', baseUrl: 'https://models.example.com/v1' }
    expect(decodeCredentialSecret(encodeCredentialSecret(secret))).toEqual(secret)
    expect(decodeCredentialSecret(encodeCredentialSecret({ apiKey: 'sk-1', baseUrl: null })).baseUrl).toBeNull()
    expect(() => decodeCredentialSecret(new TextEncoder().encode('{"key":"sk-1"}'))).toThrow(RangeError)
  })

  it.each(['sk-secret', '{"apiKey":"sk-secret', '["sk-secret"]', '{"apiKey":{"sk-secret":1}}'])(
    'is not repeated when what was sealed cannot be read: %s',
    (text) => {
      expect(() => decodeCredentialSecret(new TextEncoder().encode(text))).toThrow(
        expect.objectContaining({ name: 'RangeError', message: 'the sealed secret holds no key' }),
      )
    },
  )

  it('is taken for every provider that takes one, and for no local one', () => {
    const ids = listCredentialProviders().map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['openai', 'anthropic', 'gemini', 'custom']))
    expect(ids).not.toContain('ollama')
  })
})
