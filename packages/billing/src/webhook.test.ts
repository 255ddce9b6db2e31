import { Stripe } from 'stripe'
import { describe, expect, it } from 'vitest'
import { ForgedEvent, parseWebhookSecrets, readWebhook } from './webhook.ts'

const SECRET = 'whsec_aaaaaaaaaaaaaaaaaaaa'
const OTHER = 'whsec_bbbbbbbbbbbbbbbbbbbb'
const SETTINGS = { secrets: [SECRET], livemode: false }
const EVENT = {
  id: 'evt_1',
  object: 'event',
  type: 'invoice.paid',
  api_version: '2026-10-28.endive',
  created: 1_800_000_000,
  livemode: false,
  data: { object: { id: 'in_1', object: 'invoice' } },
}

const sign = (body: string, secret = SECRET, secondsAgo = 0): string =>
  Stripe.webhooks.generateTestHeaderString({
    payload: body,
    secret,
    timestamp: Math.floor(Date.now() / 1000) - secondsAgo,
  })

const signed = (event: unknown, secret?: string, secondsAgo?: number) => {
  const body = JSON.stringify(event)
  return { body, signature: sign(body, secret, secondsAgo) }
}
const deliver = (event: unknown, secret?: string, secondsAgo?: number) =>
  readWebhook(signed(event, secret, secondsAgo), SETTINGS)

describe('readWebhook', () => {
  it('keeps what is needed to read the object again', () => {
    expect(deliver(EVENT)).toEqual({
      id: 'evt_1',
      type: 'invoice.paid',
      objectId: 'in_1',
      livemode: false,
      apiVersion: '2026-10-28.endive',
      occurredAtMs: 1_800_000_000_000,
    })
  })

  it('refuses what another secret signed, what nobody signed, and what was changed after it was signed', () => {
    const body = JSON.stringify(EVENT)
    expect(() => deliver(EVENT, OTHER)).toThrow(ForgedEvent)
    expect(() => readWebhook({ body, signature: null }, SETTINGS)).toThrow(ForgedEvent)
    expect(() => readWebhook({ body, signature: 'nonsense' }, SETTINGS)).toThrow(ForgedEvent)
    expect(() => readWebhook({ body: body.replace('in_1', 'in_2'), signature: sign(body) }, SETTINGS)).toThrow(
      ForgedEvent,
    )
  })

  it('refuses a replay after five minutes', () => {
    expect(deliver(EVENT, SECRET, 290).id).toBe('evt_1')
    expect(() => deliver(EVENT, SECRET, 310)).toThrow(ForgedEvent)
  })

  it('takes both secrets while they are being changed', () => {
    const changing = { ...SETTINGS, secrets: [OTHER, SECRET] }
    expect(readWebhook(signed(EVENT, SECRET), changing).id).toBe('evt_1')
    expect(readWebhook(signed(EVENT, OTHER), changing).id).toBe('evt_1')
  })

  it('refuses live events in test mode, other accounts, and signed nonsense', () => {
    expect(() => deliver({ ...EVENT, livemode: true })).toThrow(/live mode/)
    expect(() => deliver({ ...EVENT, account: 'acct_other' })).toThrow(/another account/)
    expect(() => deliver({ hello: 'world' })).toThrow(ForgedEvent)
    const body = 'no json'
    expect(() => readWebhook({ body, signature: sign(body) }, SETTINGS)).toThrow(ForgedEvent)
  })

  it('never verifies without a secret', () => {
    expect(() => readWebhook(signed(EVENT, SECRET), { ...SETTINGS, secrets: [] })).toThrow(RangeError)
  })
})

describe('parseWebhookSecrets', () => {
  it('refuses an empty secret, one with white space, and one that is hardly one', () => {
    expect(parseWebhookSecrets(`${SECRET},${OTHER}`)).toEqual([SECRET, OTHER])
    for (const bad of [
      '',
      ' ',
      ',',
      `${SECRET},`,
      `${SECRET}, ${OTHER}`,
      'short',
      `${SECRET}\n`,
      `${SECRET},${OTHER},${SECRET}`,
    ])
      expect(() => parseWebhookSecrets(bad)).toThrow(RangeError)
  })
})
