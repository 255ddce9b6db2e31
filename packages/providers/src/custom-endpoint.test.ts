import { describe, expect, test } from 'vitest'
import { decodeCredentialSecret, encodeCredentialSecret } from './credential.ts'
import {
  ENDPOINT_SHAPES,
  parseEndpointHeaders,
  readEndpointSecret,
  SHAPE_NAMES,
  shapeOfProvider,
} from './custom-endpoint.ts'
import { buildUpstreamCall } from './upstream-call.ts'

const BASE_URL = 'https://models.example.com/v1'

describe('what is sealed of an endpoint', () => {
  test('comes back whole: address, key and headers, their names in lower case', () => {
    const secret = readEndpointSecret({ baseUrl: BASE_URL, apiKey: ' sk-12345678 ', headers: { 'X-Team': ' blue ' } })
    expect(decodeCredentialSecret(encodeCredentialSecret(secret))).toEqual({
      apiKey: 'sk-12345678',
      baseUrl: BASE_URL,
      headers: { 'x-team': 'blue' },
    })
  })

  test('may be without a key, and then none is shown in any shape', () => {
    expect(readEndpointSecret({ baseUrl: BASE_URL, apiKey: ' ', headers: {} })).toMatchObject({ apiKey: '' })
    for (const name of SHAPE_NAMES) {
      const { headers } = buildUpstreamCall(ENDPOINT_SHAPES[name], { baseUrl: BASE_URL, apiKey: null })
      expect(Object.keys(headers).filter((header) => /key|authorization/.test(header))).toEqual([])
    }
  })

  test.each([
    ['Host', 'internal'],
    ['content-length', '0'],
    ['Transfer-Encoding', 'chunked'],
    ['connection', 'close'],
    ['x-forwarded-for', '127.0.0.1'],
    ['proxy-authorization', 'x'],
    ['authorization', 'Bearer canary'],
    ['x\r\nevil', 'x'],
    ['x evil', 'x'],
    ['', 'x'],
    ['x-a', 'canary\r\nx-b: 1'],
    ['x-a', 'canary\u0000'],
    ['x-a', 'cänary'],
    ['x-a', ''],
    ['x-a', 'x'.repeat(2_001)],
  ])('takes no header %j: %j, and repeats no value', (name, value) => {
    const attempt = (): unknown => parseEndpointHeaders({ [name]: value })
    expect(attempt).toThrow(RangeError)
    expect(attempt).not.toThrow(/canary/)
  })

  test('takes ten headers at most, and none twice', () => {
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`x-${index}`, 'x']))
    expect(() => parseEndpointHeaders(many)).toThrow('at most 10')
    expect(() => parseEndpointHeaders({ 'X-A': '1', 'x-a': '2' })).toThrow('twice')
  })
})

test('the shape of an endpoint is told by its provider, and no other provider has one', () => {
  for (const name of SHAPE_NAMES) expect(shapeOfProvider(ENDPOINT_SHAPES[name].id)).toBe(name)
  expect(() => shapeOfProvider('openai')).toThrow(TypeError)
})
