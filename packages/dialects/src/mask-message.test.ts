import { describe, expect, test } from 'vitest'

import { maskMessage } from './mask-message.ts'

describe('maskMessage', () => {
  test.each([
    ['Incorrect API key provided: sk-proj-abc123DEF456ghi789. You can find…', 'sk-proj-abc123DEF456ghi789'],
    ['Incorrect API key provided: sk-abcd****wxyz.', 'sk-abcd****wxyz'],
    ['key AIzaSyD-1234567890abcdefghijklmnop is invalid', 'AIzaSyD'],
    ['Invalid gsk_1a2B3c4D5e6F7g8H', 'gsk_1a2B3c4D5e6F7g8H'],
    ['Authorization: Bearer abc.def.ghi failed', 'abc.def.ghi'],
    ['bad token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig', 'eyJhbGciOiJIUzI1NiJ9'],
    ['{"api_key":"hunter2hunter2"}', 'hunter2hunter2'],
    ['see https://internal.example.net:8443/v1?x=1 for more', 'internal.example.net'],
    ['connect to redis://10.0.0.5:6379 failed', '10.0.0.5'],
    ['dial tcp 10.1.2.3:443: refused', '10.1.2.3'],
    ['lookup vllm-7.models.svc.cluster.local failed', 'cluster.local'],
    ['upstream localhost:11434 gone', 'localhost'],
    ['Rate limit reached in organization org-A1b2C3d4E5 on tokens', 'org-A1b2C3d4E5'],
    ['opaque 0a1b2c3d4e5f60718293a4b5c6d7e8f9 here', '0a1b2c3d4e5f60718293a4b5c6d7e8f9'],
  ])('hides what must not leave: %s', (message, secret) => {
    expect(maskMessage(message)).not.toContain(secret)
  })

  test.each([
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    "Invalid value for 'messages[0].role': expected one of 'system', 'user'.",
    'max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for claude-3-5-haiku-20241022',
    'Unsupported parameter: response_format.json_schema.strict',
  ])('leaves the useful words: %s', (message) => {
    expect(maskMessage(message)).toBe(message)
  })

  test('is bounded', () => {
    expect(maskMessage('ab '.repeat(10_000))).toHaveLength(500)
  })

  test.each(['a.', 'a-', '1', 'sk-', 'api_key ', 'a', 'bearer ', '-a.'])(
    'reads only the beginning of endless "%s", so that no pattern ever meets megabytes',
    (piece) => {
      const short = piece.repeat(4_000)
      expect(maskMessage(`${short}${'the tail '.repeat(100_000)}`)).toBe(maskMessage(short))
    },
  )
})
