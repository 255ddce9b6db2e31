import { AppError, type ErrorCode } from '@atpar/core/errors'
import { describe, expect, test } from 'vitest'

import { callerDialects, providerDialects } from './registry.ts'

const facts = { requestId: 'req-1' }
const budget = new AppError('budget_exceeded', {
  metadata: {
    limit: {
      scope: 'key',
      id: 'key-1',
      kind: 'budget',
      limit: '0.05',
      spent: '0.04',
      held: '0.01',
      resetsAt: '2026-12-01T00:00:00.000Z',
    },
  },
})
const busy = new AppError('upstream_rate_limited', {
  message: 'Slow down.',
  metadata: {
    provider: 'openai',
    providerCode: 'rate_limit_exceeded',
    retryAfterSeconds: 3,
    previousErrors: [{ provider: 'groq', code: 'upstream_failed', status: 502 }],
  },
})

describe('an error for a caller', () => {
  test('says in OpenAI’s shape which limit refused and what is held', () => {
    expect(callerDialects['openai-chat'].encodeError(budget, facts)).toEqual({
      error: {
        message: 'A budget does not leave room for this request.',
        type: 'insufficient_quota',
        param: null,
        code: 'budget_exceeded',
        metadata: {
          error_type: 'budget_exceeded',
          retryable: false,
          limit: {
            scope: 'key',
            id: 'key-1',
            kind: 'budget',
            limit: '0.05',
            spent: '0.04',
            held: '0.01',
            resets_at: '2026-12-01T00:00:00.000Z',
          },
          request_id: 'req-1',
        },
      },
    })
  })

  test('says in Anthropic’s shape when to come back and what was tried', () => {
    expect(callerDialects['anthropic-messages'].encodeError(busy, facts)).toEqual({
      type: 'error',
      error: {
        type: 'rate_limit_error',
        message: 'Slow down.',
        metadata: {
          error_type: 'upstream_rate_limited',
          retryable: true,
          provider: 'openai',
          provider_code: 'rate_limit_exceeded',
          retry_after: 3,
          previous_errors: [{ provider: 'groq', code: 'upstream_failed', status: 502 }],
        },
      },
      request_id: 'req-1',
    })
  })

  test('keeps Google’s map of strings a map of strings', () => {
    expect(
      callerDialects.gemini.encodeError(
        new AppError('invalid_request', { param: 'contents', message: 'contents is required.' }),
        facts,
      ),
    ).toEqual({
      error: {
        code: 400,
        message: 'contents is required.',
        status: 'INVALID_ARGUMENT',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'INVALID_REQUEST',
            domain: 'atpar',
            metadata: { error_type: 'invalid_request', retryable: 'false', param: 'contents', request_id: 'req-1' },
          },
        ],
      },
    })
  })

  test.each<[code: ErrorCode, types: readonly [openai: string, anthropic: string, gemini: string]]>([
    ['invalid_request', ['invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT']],
    ['unknown_key', ['authentication_error', 'authentication_error', 'UNAUTHENTICATED']],
    ['budget_exceeded', ['insufficient_quota', 'billing_error', 'FAILED_PRECONDITION']],
    ['key_disabled', ['permission_error', 'permission_error', 'PERMISSION_DENIED']],
    ['unknown_model', ['not_found_error', 'not_found_error', 'NOT_FOUND']],
    ['body_too_large', ['invalid_request_error', 'request_too_large', 'INVALID_ARGUMENT']],
    ['rate_limited', ['rate_limit_error', 'rate_limit_error', 'RESOURCE_EXHAUSTED']],
    ['internal_error', ['api_error', 'api_error', 'INTERNAL']],
    ['upstream_failed', ['api_error', 'api_error', 'UNAVAILABLE']],
    ['overloaded', ['api_error', 'overloaded_error', 'UNAVAILABLE']],
    ['upstream_timeout', ['api_error', 'timeout_error', 'DEADLINE_EXCEEDED']],
  ])('%s has the name each format gives it', (code, [openai, anthropic, gemini]) => {
    const error = new AppError(code)
    expect(callerDialects['openai-chat'].encodeError(error, facts)).toMatchObject({ error: { type: openai, code } })
    expect(callerDialects['anthropic-messages'].encodeError(error, facts)).toMatchObject({ error: { type: anthropic } })
    expect(callerDialects.gemini.encodeError(error, facts)).toMatchObject({
      error: { status: gemini, code: error.status },
    })
  })
})

describe('a provider’s refusal', () => {
  const decode = providerDialects['openai-chat'].decodeError

  test.each([
    [400, 'upstream_rejected'],
    [401, 'upstream_unauthorized'],
    [402, 'upstream_unauthorized'],
    [403, 'upstream_unauthorized'],
    [404, 'upstream_rejected'],
    [408, 'upstream_timeout'],
    [413, 'upstream_rejected'],
    [422, 'upstream_rejected'],
    [429, 'upstream_rate_limited'],
    [500, 'upstream_failed'],
    [503, 'upstream_failed'],
    [504, 'upstream_failed'],
    [529, 'upstream_failed'],
    [302, 'upstream_failed'],
  ])('status %i is %s in every format', (status, code) => {
    for (const dialect of Object.values(providerDialects))
      expect(dialect.decodeError(status, null)).toMatchObject({ code, providerCode: null })
  })

  test('repeats what helps the caller', () => {
    expect(
      decode(400, {
        error: {
          message: 'Too long.',
          type: 'invalid_request_error',
          param: 'messages',
          code: 'context_length_exceeded',
        },
      }),
    ).toEqual({
      code: 'upstream_rejected',
      providerCode: 'context_length_exceeded',
      message: 'The provider refused the request: Too long.',
    })
    expect(
      providerDialects['anthropic-messages'].decodeError(429, {
        type: 'error',
        error: { type: 'rate_limit_error', message: 'Number of tokens exceeded.' },
      }),
    ).toEqual({
      code: 'upstream_rate_limited',
      providerCode: 'rate_limit_error',
      message: 'The provider is rate limiting this model: Number of tokens exceeded.',
    })
    expect(
      providerDialects.gemini.decodeError(400, {
        error: { code: 400, message: 'Invalid value.', status: 'INVALID_ARGUMENT' },
      }),
    ).toMatchObject({ providerCode: 'INVALID_ARGUMENT', message: 'The provider refused the request: Invalid value.' })
  })

  test('says nothing of what is about us', () => {
    const problem = decode(401, {
      error: { message: 'Incorrect API key provided: sk-proj-abc123DEF456', code: 'invalid_api_key' },
    })
    expect(problem.message).toBe('The provider refused our credential. We have been told (status 401).')
  })

  test('hides a credential even where it repeats', () => {
    expect(decode(400, { error: { message: 'bad header Bearer sk-proj-abc123DEF456' } }).message).toBe(
      'The provider refused the request: bad header [redacted]',
    )
  })

  test('knows that a bad key is an invalid argument at Google', () => {
    const body = {
      error: {
        code: 400,
        message: 'API key not valid. Please pass a valid API key.',
        status: 'INVALID_ARGUMENT',
        details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
      },
    }
    expect(providerDialects.gemini.decodeError(400, body)).toMatchObject({ code: 'upstream_unauthorized' })
    expect(providerDialects.gemini.decodeError(400, [body])).toMatchObject({ code: 'upstream_unauthorized' })
  })

  test.each([
    ['<html>'],
    [{ error: 'model "x" not found' }],
    [{ message: 'm' }],
    [{ detail: 'd' }],
    [[]],
    [{ error: { code: 7 } }],
  ])('survives the body %j', (body) => {
    expect(decode(404, body).code).toBe('upstream_rejected')
  })

  test('reads Ollama’s plain words', () => {
    expect(decode(404, { error: 'model "x" not found' }).message).toContain('model "x" not found')
  })
})
