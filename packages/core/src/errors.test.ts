import { describe, expect, it } from 'vitest'
import { AppError, ERRORS, type ErrorCode } from './errors.ts'

const codes = Object.keys(ERRORS) as ErrorCode[]

/** Statuses that a client library repeats by itself, and rightly: time may have changed the answer. */
const MAY_PASS_LATER = new Set([408, 429, 500, 502, 503, 504])

describe('the catalogue', () => {
  it.each(codes)('%s has an error status and one whole sentence', (code) => {
    const { status, sentence } = ERRORS[code]
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(status >= 400 && status <= 599 && Number.isInteger(status)).toBe(true)
    expect(sentence).toMatch(/^[A-Z][^\n]+\.$/)
  })

  it.each(codes)('%s is retryable exactly when the same call may succeed later', (code) => {
    expect(ERRORS[code].retryable).toBe(MAY_PASS_LATER.has(ERRORS[code].status))
  })

  it('tells no two failures with the same words', () => {
    expect(new Set(codes.map((code) => ERRORS[code].sentence)).size).toBe(codes.length)
  })

  it('never blames the caller for an outage of ours', () => {
    const ours = ['quota_unavailable', 'overloaded', 'shutting_down', 'no_provider_available'] as const
    expect(ours.map((code) => ERRORS[code].status)).toEqual([503, 503, 503, 503])
    expect(ERRORS.internal_error.status).toBe(500)
    // A provider that refuses our credential is no statement about the caller's key.
    expect(ERRORS.upstream_unauthorized.status).toBe(502)
  })
})

describe('AppError', () => {
  it.each(codes)('%s carries what the catalogue says', (code) => {
    const error = new AppError(code)
    const { status, retryable, sentence: message } = ERRORS[code]
    expect(error).toMatchObject({ name: 'AppError', code, status, retryable, message, param: null, metadata: {} })
    expect('cause' in error).toBe(false)
  })

  it('keeps the cause for the log, out of the message', () => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.7:5432')
    const error = new AppError('internal_error', { cause })
    expect(error.cause).toBe(cause)
    expect(error.message).toBe(ERRORS.internal_error.sentence)
  })

  it('says something more precise when told to', () => {
    const error = new AppError('invalid_request', {
      message: '"temperature" is 3; at most 2 is allowed.',
      param: 'temperature',
      metadata: { retryAfterSeconds: 2 },
    })
    expect(error.message).toBe('"temperature" is 3; at most 2 is allowed.')
    expect(error.param).toBe('temperature')
    expect(error.metadata.retryAfterSeconds).toBe(2)
  })
})
