import { generateKeyPairSync } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { MINUTE_MS } from '@atpar/core/durations'
import type { Logger } from '@atpar/observability/logger'
import { beforeEach, describe, expect, it } from 'vitest'
import { createGoogleTokens, type GoogleTokens } from './google-tokens.ts'
import type { UpstreamCall, UpstreamReply } from './http.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const SIGNING = {
  kind: 'google-service-account',
  tokenUrl: 'https://oauth2.googleapis.com/token',
  scope: 'https://www.googleapis.com/auth/cloud-platform',
  account: {
    clientEmail: 'a@p.iam.gserviceaccount.com',
    projectId: 'p',
    privateKeyId: 'k',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  },
} as const
const URL_OF_TOKENS = 'https://oauth2.googleapis.com/token'

const nothing = (): void => {}
const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

let nowMs = 0
let sent: UpstreamCall[] = []
let answer: { readonly status: number; readonly text: string } | Error
let tokens: GoogleTokens

const replyOf = (status: number, text: string): UpstreamReply => ({
  status,
  headers: {} as IncomingHttpHeaders,
  body: {
    takeWhole: () => null,
    read: (sink) => {
      sink.onData(Buffer.from(text))
      sink.onEnd()
    },
    detach: () => {},
    pause: () => {},
    resume: () => {},
    abort: () => {},
  },
})

beforeEach(() => {
  nowMs = 1_700_000_000_000
  sent = []
  answer = { status: 200, text: '' }
  tokens = createGoogleTokens({
    wallMs: () => nowMs,
    log: SILENT,
    upstream: {
      send: async (call) => {
        sent.push(call)
        if (answer instanceof Error) throw answer
        const text = answer.text === '' ? `{"access_token":"ya29.token-${sent.length}","expires_in":3600}` : answer.text
        return replyOf(answer.status, text)
      },
    },
  })
})

const find = async (): Promise<string> => tokens.of(SIGNING, URL_OF_TOKENS).find()

describe('tokens of a service account', () => {
  it('are bought once for all who wait, and kept for their hour', async () => {
    expect(await Promise.all([find(), find(), find()])).toEqual(Array(3).fill('ya29.token-1'))
    nowMs += 54 * MINUTE_MS
    expect(await find()).toBe('ya29.token-1')
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ origin: 'https://oauth2.googleapis.com', path: '/token' })
  })

  it('are renewed beside the calls before they end, and waited for when they have', async () => {
    await find()
    nowMs += 56 * MINUTE_MS
    expect(await find()).toBe('ya29.token-1')
    await expect.poll(find).toBe('ya29.token-2')
    expect(sent).toHaveLength(2)
    nowMs += 60 * MINUTE_MS
    expect(await find()).toBe('ya29.token-3')
  })

  it('that cannot be renewed serve until they end', async () => {
    await find()
    nowMs += 56 * MINUTE_MS
    answer = new Error('no route')
    expect(await find()).toBe('ya29.token-1')
    nowMs += 5 * MINUTE_MS
    await expect(find()).rejects.toMatchObject({ code: 'upstream_failed', status: 0 })
  })

  it.each([
    [400, '{"error":"invalid_grant"}', 'upstream_unauthorized'],
    [401, '', 'upstream_unauthorized'],
    [503, '', 'upstream_failed'],
    [200, '{"access_token":"with\\nbreak","expires_in":3600}', 'upstream_failed'],
    [200, '{"access_token":"ya29.token"}', 'upstream_failed'],
    [200, '<html>', 'upstream_failed'],
  ])('that are not sold (%i %s) are %s, and asked for again', async (status, text, code) => {
    answer = { status, text: text === '' ? ' ' : text }
    await expect(find()).rejects.toMatchObject({ code, status })
    answer = { status: 200, text: '' }
    expect(await find()).toMatch(/^ya29\.token-/)
  })

  it('are not asked for with a key that is none, and the failure does not hold it', async () => {
    const broken = { ...SIGNING, account: { ...SIGNING.account, privateKey: 'canary' } }
    const failure = await Promise.resolve(tokens.of(broken, URL_OF_TOKENS).find()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'upstream_unauthorized' })
    expect(String(failure)).not.toContain('canary')
    expect(sent).toEqual([])
  })
})
