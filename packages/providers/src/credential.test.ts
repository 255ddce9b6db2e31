import { describe, expect, it } from 'vitest'
import {
  decodeCredentialSecret,
  encodeCredentialSecret,
  hintOf,
  listCredentialProviders,
  parseApiKey,
  parseOwnBaseUrl,
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

  it('is taken for every provider that takes one, and for no local one', () => {
    const ids = listCredentialProviders().map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['openai', 'anthropic', 'gemini', 'custom']))
    expect(ids).not.toContain('ollama')
  })
})

describe('an address of one’s own', () => {
  it.each([
    ['https://models.example.com/v1/', 'https://models.example.com/v1'],
    ['https://gpu.example.com:8443/openai/v1', 'https://gpu.example.com:8443/openai/v1'],
  ])('%s is taken', (text, url) => {
    expect(parseOwnBaseUrl(text)).toBe(url)
  })

  it.each([
    'http://models.example.com/v1',
    'https://user:pass@models.example.com',
    'https://models.example.com/v1?key=1',
    'https://models.example.com/v1#a',
    'https://models.example.com:22/v1',
    'https://localhost/v1',
    'https://127.0.0.1/v1',
    'https://0x7f.1/v1',
    'https://2130706433/v1',
    'https://017700000001/v1',
    'https://127.1/v1',
    'https://[::1]/v1',
    'https://[::ffff:127.0.0.1]/v1',
    'https://169.254.169.254/latest',
    'https://metadata.google.internal/v1',
    'https://redis.local/v1',
    'https://redis/v1',
    'https://localhost./v1',
    'ftp://models.example.com',
    'not a url',
  ])('%s is refused', (text) => {
    expect(() => parseOwnBaseUrl(text)).toThrow(RangeError)
  })
})
