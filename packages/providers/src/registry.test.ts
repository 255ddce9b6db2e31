import { describe, expect, test } from 'vitest'
import type { Provider } from './contract.ts'
import { buildUpstreamCall, findProvider, PROVIDERS } from './registry.ts'

const provider = (id: string): Provider => {
  const found = findProvider(id)
  if (found === undefined) throw new Error(`No provider ${id}`)
  return found
}

describe('every provider', () => {
  test('has an id of its own', () => {
    expect(new Set(PROVIDERS.map(({ id }) => id)).size).toBe(PROVIDERS.length)
  })

  test('the eight the product promises are there', () => {
    for (const id of ['openai', 'anthropic', 'gemini', 'deepseek', 'dashscope', 'groq', 'ollama', 'custom'])
      expect(findProvider(id)?.id).toBe(id)
  })

  describe.each(PROVIDERS.map((entry) => [entry.id, entry] as const))('%s', (_id, entry) => {
    test('is reached over TLS unless it is local', () => {
      if (entry.baseUrl === null) expect(entry.baseUrlEnv).not.toBeNull()
      else expect(entry.baseUrl).toMatch(entry.local ? /^http:\/\/127\.0\.0\.1:/ : /^https:\/\//)
    })

    test('names a credential exactly when its auth scheme needs one', () => {
      expect(entry.credentialEnv === null).toBe(entry.auth.kind === 'none')
    })

    test('puts its key in a header and nowhere else', () => {
      const call = buildUpstreamCall(entry, {
        baseUrl: entry.baseUrl ?? 'https://models.example.test/v1',
        apiKey: 'sk-secret',
      })
      expect(`${call.origin}${call.pathPrefix}`).not.toContain('sk-secret')
      expect(JSON.stringify(call.headers).includes('sk-secret')).toBe(entry.auth.kind !== 'none')
    })

    test('has lower-case header names, so that none is sent twice', () => {
      const { headers } = buildUpstreamCall(entry, { baseUrl: 'https://host.example.test/v1', apiKey: 'sk-secret' })
      for (const name of Object.keys(headers)) expect(name).toBe(name.toLowerCase())
    })

    test('has a simulator path that starts with a slash and ends without one', () => {
      expect(entry.simulatorPath).toMatch(/^\/.*[^/]$/)
    })

    test('knows its prices from the package, from the overlay, or is the operator’s own', () => {
      const overlaid = ['dashscope', 'ollama', 'custom']
      expect(entry.priceSourceId !== null || overlaid.includes(entry.id)).toBe(true)
    })
  })
})

describe('building an upstream call', () => {
  test('OpenAI takes a bearer token below /v1', () => {
    expect(buildUpstreamCall(provider('openai'), { baseUrl: 'https://api.openai.com/v1', apiKey: 'sk-1' })).toEqual({
      origin: 'https://api.openai.com',
      pathPrefix: '/v1',
      headers: { authorization: 'Bearer sk-1' },
    })
  })

  test('Anthropic takes its key and its version', () => {
    const { headers } = buildUpstreamCall(provider('anthropic'), {
      baseUrl: 'http://127.0.0.1:4010/anthropic/v1/',
      apiKey: 'sk-ant',
    })
    expect(headers).toEqual({ 'x-api-key': 'sk-ant', 'anthropic-version': '2023-06-01' })
  })

  test('a trailing slash and a port of the operator’s base URL are kept in order', () => {
    const call = buildUpstreamCall(provider('gemini'), {
      baseUrl: 'http://127.0.0.1:4010/gemini/v1beta/',
      apiKey: 'key',
    })
    expect([call.origin, call.pathPrefix, call.headers]).toEqual([
      'http://127.0.0.1:4010',
      '/gemini/v1beta',
      { 'x-goog-api-key': 'key' },
    ])
  })

  test('a base URL without a path leaves the prefix empty', () => {
    expect(buildUpstreamCall(provider('custom'), { baseUrl: 'https://models.example.test', apiKey: null })).toEqual({
      origin: 'https://models.example.test',
      pathPrefix: '',
      headers: {},
    })
  })

  test.each(['ftp://host/v1', 'not a url', 'https://user:pass@host/v1', 'https://host/v1?key=1', 'https://host/v1#x'])(
    '%s is refused',
    (baseUrl) => {
      expect(() => buildUpstreamCall(provider('openai'), { baseUrl, apiKey: 'sk' })).toThrow(RangeError)
    },
  )

  test('a missing key is refused by name, before any call', () => {
    expect(() =>
      buildUpstreamCall(provider('groq'), { baseUrl: 'https://api.groq.com/openai/v1', apiKey: null }),
    ).toThrow('GROQ_API_KEY')
    expect(() =>
      buildUpstreamCall(provider('anthropic'), { baseUrl: 'https://api.anthropic.com/v1', apiKey: '' }),
    ).toThrow('ANTHROPIC_API_KEY')
  })

  test('a message about a base URL never repeats it', () => {
    expect(() =>
      buildUpstreamCall(provider('openai'), { baseUrl: 'https://user:hunter2@host/v1', apiKey: 'sk' }),
    ).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }))
  })
})
