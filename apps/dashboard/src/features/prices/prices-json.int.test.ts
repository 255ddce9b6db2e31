import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { serveAllPrices } from './prices-json.ts'

vi.setConfig({ testTimeout: 60_000 })

let world: ActWorld

beforeAll(async () => {
  world = await startActWorld()
  await world.pool.query(
    `INSERT INTO provider (id, display_name, dialect) VALUES ('acme', 'Acme', 'openai-chat') ON CONFLICT DO NOTHING`,
  )
  await world.pool.query(
    `INSERT INTO model (id, display_name, family, author) VALUES ('acme-1', 'Acme 1', 'acme', 'Acme')`,
  )
  await world.pool.query(
    `INSERT INTO offering (id, model_id, provider_id, upstream_model, unpriced_reason) VALUES ('acme/acme-1', 'acme-1', 'acme', 'acme-1', 'It is not sold.')`,
  )
}, 120_000)
afterAll(() => world.stop())

const ask = (tag?: string): Promise<Response> =>
  serveAllPrices(
    new Request('http://dashboard.test/prices.json', tag === undefined ? {} : { headers: { 'if-none-match': tag } }),
  )

describe('GET /prices.json', () => {
  it('tells anybody of every offering, kept for five minutes', async () => {
    const answer = await ask()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const { offerings } = (await answer.json()) as { readonly offerings: readonly object[] }
    expect(offerings).toContainEqual(
      expect.objectContaining({ offering: 'acme/acme-1', not_priced_because: 'It is not sold.', prices: [] }),
    )
  })

  it('sends nothing to who has this version, and all of it once a word has changed', async () => {
    const tag = (await ask()).headers.get('etag') ?? ''
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const answer = await ask(known)
      expect([known, answer.status, await answer.text()]).toEqual([known, 304, ''])
    }
    await world.pool.query(`UPDATE offering SET retires_on = '2027-01-14' WHERE id = 'acme/acme-1'`)
    const fresh = await ask(tag)
    expect([fresh.status, fresh.headers.get('etag') === tag]).toEqual([200, false])
    expect(await fresh.text()).toContain('2027-01-14')
  })
})
