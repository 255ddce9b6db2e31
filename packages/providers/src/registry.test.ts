import { describe, expect, test } from 'vitest'
import type { Provider } from './contract.ts'
import { findProvider, PROVIDERS } from './registry.ts'
import { buildUpstreamCall, pathOfCall, type UpstreamAccess } from './upstream-call.ts'

const provider = (id: string): Provider => {
  const found = findProvider(id)
  if (found === undefined) throw new Error(`No provider ${id}`)
  return found
}

const SERVICE_ACCOUNT = JSON.stringify({
  type: 'service_account',
  project_id: 'my-project-1234',
  private_key_id: '0123456789abcdef',
  private_key: `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(120)}\n-----END PRIVATE KEY-----\n`,
  client_email: 'sk-secret@my-project-1234.iam.gserviceaccount.com',
})

/** A credential of this provider with all its parts. */
const accessTo = (entry: Provider): UpstreamAccess => ({
  baseUrl: entry.baseUrl ?? 'https://models.example.test/v1',
  apiKey: entry.auth.kind === 'google-service-account' ? SERVICE_ACCOUNT : 'sk-secret',
  fields: Object.fromEntries((entry.credentialFields ?? []).map(({ name, example }) => [name, example])),
})

describe('every provider', () => {
  test('has an id of its own', () => {
    expect(new Set(PROVIDERS.map(({ id }) => id)).size).toBe(PROVIDERS.length)
  })

  test('no two of them are told apart by a setting alone', () => {
    const settings = PROVIDERS.flatMap(({ credentialEnv, baseUrlEnv }) => [credentialEnv, baseUrlEnv])
    const named = settings.filter((name) => name !== null)
    expect(new Set(named).size).toBe(named.length)
  })

  test.each([
    'openai anthropic gemini deepseek dashscope mistral xai groq together fireworks cerebras sambanova perplexity openrouter',
    'nvidia-nim huggingface deepinfra novita moonshot zhipu minimax siliconflow hyperbolic nebius ai21',
    'bedrock vertex vertex-anthropic azure-openai ollama-native',
    'ollama vllm llama-cpp lm-studio custom custom-anthropic custom-gemini',
  ])('the product promises %s', (ids) => {
    for (const id of ids.split(' ')) expect([id, findProvider(id)?.id]).toEqual([id, id])
  })

  describe.each(PROVIDERS.map((entry) => [entry.id, entry] as const))('%s', (_id, entry) => {
    test('is reached over TLS unless it is local', () => {
      if (entry.baseUrl === null) expect(entry.baseUrlEnv).not.toBeNull()
      else expect(entry.baseUrl).toMatch(entry.local ? /^http:\/\/127\.0\.0\.1:/ : /^https:\/\//)
    })

    test('names a credential exactly when its auth scheme needs one', () => {
      expect(entry.credentialEnv === null).toBe(entry.auth.kind === 'none')
    })

    test('puts its key in a header or signs with it, and nowhere else', () => {
      const call = buildUpstreamCall(entry, accessTo(entry))
      expect(`${call.origin}${call.pathPrefix}${call.pathTemplate ?? ''}`).not.toContain('sk-secret')
      const isSigned = call.signing !== null
      expect(JSON.stringify(isSigned ? call.signing : call.headers).includes('sk-secret')).toBe(
        entry.auth.kind !== 'none',
      )
      if (isSigned) expect(JSON.stringify(call.headers)).not.toContain('sk-secret')
    })

    test('has parts of a credential that look as their example does, under settings of their own', () => {
      const fields = entry.credentialFields ?? []
      for (const { pattern, example, fallback } of fields)
        for (const value of [example, ...(fallback === undefined ? [] : [fallback])]) expect(value).toMatch(pattern)
      for (const { pattern } of fields)
        for (const hostile of ['a/../b', 'a b', 'a@b', 'a?b', 'a\r\nb']) expect(hostile).not.toMatch(pattern)
      expect(new Set(fields.map(({ env }) => env)).size).toBe(fields.length)
    })

    test('has lower-case header names, so that none is sent twice', () => {
      const { headers } = buildUpstreamCall(entry, accessTo(entry))
      for (const name of Object.keys(headers)) expect(name).toBe(name.toLowerCase())
    })

    test('has a simulator path that starts with a slash and ends without one', () => {
      expect(entry.simulatorPath).toMatch(/^\/.*[^/]$/)
    })

    test('says where its prices are published, unless nobody but the operator bills for it', () => {
      if (entry.local) expect(entry.links.prices).toBeNull()
      if (entry.links.prices === null) expect(entry.local || entry.ownBaseUrl === 'required').toBe(true)
    })

    test('asks nothing of a server that it says it refuses', () => {
      const { refuses = [], renames = {} } = entry.quirks
      for (const parameter of entry.parameters ?? []) expect(refuses).not.toContain(parameter)
      for (const renamed of Object.keys(renames)) expect(refuses).not.toContain(renamed)
      if (refuses.includes('stream_options')) expect(entry.quirks.streamUsage).toBe('always')
    })

    test('tells of its parameters what it tells of its abilities', () => {
      const { parameters, capabilities } = entry
      if (parameters === null) return
      expect(new Set(parameters).size).toBe(parameters.length)
      expect(parameters.includes('tools')).toBe(capabilities.tools)
      expect(parameters.includes('structured_outputs')).toBe(capabilities.jsonSchema)
      expect(parameters.includes('reasoning')).toBe(capabilities.reasoning)
      expect(parameters.includes('logprobs')).toBe(capabilities.logprobs)
      expect(parameters.includes('n')).toBe(capabilities.multipleChoices)
    })

    test('has a page of documentation, and every page over TLS', () => {
      for (const link of [entry.links.docs, entry.links.prices, entry.links.status])
        if (link !== null) expect(link).toMatch(/^https:\/\//)
    })

    test('is asked about a key by something free', () => {
      expect(entry.keyCheckPath).toMatch(/^\/[^?#]*$/)
      expect(entry.keyCheckBy === 'empty-request').toBe(
        /completions|messages|embeddings|converse/.test(entry.keyCheckPath),
      )
    })
  })
})

describe('building an upstream call', () => {
  test('OpenAI takes a bearer token below /v1', () => {
    expect(buildUpstreamCall(provider('openai'), { baseUrl: 'https://api.openai.com/v1', apiKey: 'sk-1' })).toEqual({
      origin: 'https://api.openai.com',
      pathPrefix: '/v1',
      pathTemplate: null,
      headers: { authorization: 'Bearer sk-1' },
      signing: null,
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
      pathTemplate: null,
      headers: {},
      signing: null,
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

describe('a credential of several parts', () => {
  const access = (id: string, fields: Readonly<Record<string, string>>, apiKey = 'sk-secret') =>
    buildUpstreamCall(provider(id), {
      baseUrl: provider(id).baseUrl ?? 'https://name.openai.azure.com',
      apiKey: id.startsWith('vertex') ? SERVICE_ACCOUNT : apiKey,
      fields,
    })

  test('Bedrock signs with an access key, and shows an API key of its own as a token', () => {
    const signed = access('bedrock', { region: 'eu-central-1', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' })
    expect(signed).toMatchObject({
      origin: 'https://bedrock-runtime.eu-central-1.amazonaws.com',
      headers: {},
      signing: {
        kind: 'sigv4',
        service: 'bedrock',
        region: 'eu-central-1',
        secretAccessKey: 'sk-secret',
        sessionToken: null,
      },
    })
    expect(access('bedrock', { region: 'us-east-1' })).toMatchObject({
      headers: { authorization: 'Bearer sk-secret' },
      signing: null,
    })
  })

  test('Vertex goes to its location, in the project of the account unless another is named', () => {
    const path = '/models/gemini-2.5-pro:streamGenerateContent?alt=sse'
    const europe = access('vertex', { location: 'europe-west1' })
    expect(europe.origin + pathOfCall(europe, path, 'gemini-2.5-pro')).toBe(
      `https://europe-west1-aiplatform.googleapis.com/v1/projects/my-project-1234/locations/europe-west1/publishers/google${path}`,
    )
    const world = access('vertex-anthropic', { project: 'other-project' })
    expect(world.origin + pathOfCall(world, '/models/claude-opus-4-6:rawPredict', 'claude-opus-4-6')).toBe(
      'https://aiplatform.googleapis.com/v1/projects/other-project/locations/global/publishers/anthropic/models/claude-opus-4-6:rawPredict',
    )
  })

  test('Azure goes to the current API, or with a version to a deployment', () => {
    const current = access('azure-openai', {})
    expect(pathOfCall(current, '/chat/completions', 'my gpt')).toBe('/openai/v1/chat/completions')
    const older = access('azure-openai', { apiVersion: '2024-10-21' })
    expect(pathOfCall(older, '/chat/completions', 'my gpt')).toBe(
      '/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21',
    )
    expect(older.headers).toEqual({ 'api-key': 'sk-secret' })
  })

  test.each([
    ['bedrock', {}, 'BEDROCK_REGION'],
    ['bedrock', { region: 'evil.example.com/' }, 'us-east-1'],
    ['bedrock', { region: 'us-east-1', accessKeyId: 'lower' }, 'AKIA'],
    ['vertex', { location: 'x.evil.com' }, 'europe-west1'],
    ['vertex', { project: '../../other' }, 'my-project-1234'],
    ['azure-openai', { apiVersion: '2024&x=1' }, '2024-10-21'],
  ])('%s refuses %j and says what it should be, without repeating it', (id, fields, expected) => {
    expect(() => access(id, fields)).toThrow(expect.objectContaining({ message: expect.stringContaining(expected) }))
    for (const value of Object.values(fields).filter((one) => /[./&]/.test(one)))
      expect(() => access(id, fields)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(value) }))
  })
})
