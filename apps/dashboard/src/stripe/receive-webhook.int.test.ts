import { createHmac } from 'node:crypto'
import { createStripe } from '@atpar/billing/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { provideDeps, readDeps } from '../deps.ts'
import { receiveWebhook } from './receive-webhook.ts'

const SECRET = 'whsec_the_one_in_force'
const NEXT = 'whsec_the_one_to_come'

let world: ActWorld
const woken: string[] = []

beforeAll(async () => {
  world = await startActWorld()
  provideDeps({
    ...readDeps(),
    stripe: {
      client: createStripe({ secretKey: 'sk_test_nobody', apiUrl: 'http://127.0.0.1:9' }),
      webhook: { secrets: [SECRET, NEXT], livemode: false },
    },
    wakeStripeEvent: (id) => {
      woken.push(id)
      return Promise.resolve()
    },
  })
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  woken.length = 0
})

const bodyOf = (id: string, more: object = {}): string =>
  JSON.stringify({
    id,
    object: 'event',
    type: 'invoice.paid',
    api_version: '2026-10-28.endive',
    created: 1_800_000_000,
    livemode: false,
    data: { object: { id: 'in_1', object: 'invoice' } },
    ...more,
  })

const deliver = async (body: string, signature?: { secret: string; secondsAgo?: number }): Promise<number> => {
  const headers: Record<string, string> = {}
  if (signature !== undefined) {
    const at = Math.floor(Date.now() / 1000) - (signature.secondsAgo ?? 0)
    const hmac = createHmac('sha256', signature.secret).update(`${at}.${body}`).digest('hex')
    headers['stripe-signature'] = `t=${at},v1=${hmac}`
  }
  const request = new Request('http://dashboard.test/api/stripe/webhook', { method: 'POST', body, headers })
  return (await receiveWebhook(request)).status
}

const heard = async (id: string): Promise<unknown> =>
  (await world.pool.query('SELECT object_id, deliveries, applied_at FROM stripe_event WHERE id = $1', [id])).rows[0]

describe('a delivery of Stripe', () => {
  it('is noted once however often it comes, and wakes the worker until it is worked', async () => {
    for (const secret of [SECRET, NEXT, SECRET]) expect(await deliver(bodyOf('evt_a'), { secret })).toBe(200)
    expect(await heard('evt_a')).toEqual({ object_id: 'in_1', deliveries: 3, applied_at: null })
    await world.pool.query(`UPDATE stripe_event SET applied_at = now(), outcome = 'applied' WHERE id = 'evt_a'`)
    expect(await deliver(bodyOf('evt_a'), { secret: SECRET })).toBe(200)
    expect(woken).toEqual(['evt_a', 'evt_a', 'evt_a'])
  })

  it('that is forged, replayed, or from elsewhere is answered 400 and leaves nothing', async () => {
    expect(await deliver(bodyOf('evt_b'))).toBe(400)
    for (const secret of ['', ' ', 'whsec_somebody_elses']) expect(await deliver(bodyOf('evt_b'), { secret })).toBe(400)
    expect(await deliver(bodyOf('evt_b'), { secret: SECRET, secondsAgo: 301 })).toBe(400)
    expect(await deliver(bodyOf('evt_b', { livemode: true }), { secret: SECRET })).toBe(400)
    expect(await deliver(bodyOf('evt_b', { account: 'acct_other' }), { secret: SECRET })).toBe(400)
    expect(await deliver('', { secret: SECRET })).toBe(400)
    expect(await heard('evt_b')).toBeUndefined()
    expect(woken).toEqual([])
  })
})
