import { setTimeout as sleep } from 'node:timers/promises'
import { parseUsd } from '@atpar/core/money'
import { createPool, type Pool } from '@atpar/db/pool'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rerateUsage } from '../../apps/worker/src/billing/rerate.ts'
import { postAllUsage } from '../../apps/worker/src/billing/post-ledger.ts'
import { proveOrganization } from '../operator/prove-organization.ts'
import { runPriceCommand } from '../operator/prices.ts'
import { startOddUpstream, type OddAnswer, type OddUpstream } from './odd-upstream.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

interface StoredBill {
  readonly units: Readonly<Record<string, number>>
  readonly usage_source: string
  readonly cost: string
  readonly billed: string
  readonly absorbed_reason: string | null
  readonly estimate: string
  readonly stated: string | null
  readonly price_book_id: number
}

const OPENAI_USAGE = { prompt_tokens: 1_000, completion_tokens: 10, total_tokens: 1_010 }
const HUGE = 1e18

/** One model for each wire format, and how that format reports so many tokens in and out. */
const DIALECTS = [
  {
    model: 'gpt-4o-mini',
    usage: (input: unknown, output: unknown) => ({ prompt_tokens: input, completion_tokens: output }),
  },
  {
    model: 'claude-haiku-4-5',
    usage: (input: unknown, output: unknown) => ({ input_tokens: input, output_tokens: output }),
  },
  {
    model: 'gemini-2.5-flash',
    usage: (input: unknown, output: unknown) => ({ promptTokenCount: input, candidatesTokenCount: output }),
  },
] as const

let system: RunningSystem
let upstream: OddUpstream
let tenant: SeededTenant
let pool: Pool
beforeAll(async () => {
  upstream = await startOddUpstream()
  system = await startSystem({ upstreamUrl: upstream.url })
  tenant = await createTenant(system.owner, { name: 'prices' })
  pool = createPool({ url: system.database.urlFor('worker'), max: 4, applicationName: 'test-operator' })
}, 90_000)
afterAll(async () => {
  await pool.end()
  await system.stop()
  await upstream.close()
})

const ask = async (
  model: string,
  options: { readonly answer: OddAnswer; readonly stream?: boolean; readonly body?: Readonly<Record<string, unknown>> },
): Promise<{ readonly status: number; readonly requestId: string; readonly text: string }> => {
  upstream.say(options.answer)
  const response = await fetch(`${system.proxyUrls[0]}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      stream: options.stream ?? false,
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Say one sentence about foxes and dogs.' }],
      ...options.body,
    }),
  })
  return { status: response.status, requestId: response.headers.get('x-request-id') ?? '', text: await response.text() }
}

const billOf = async (requestId: string): Promise<StoredBill> => {
  await waitUntilSettled(system)
  return readBill(requestId)
}

const readBill = async (requestId: string): Promise<StoredBill> => {
  const { rows } = await system.owner.query<StoredBill>(
    `SELECT units, usage_source, cost_pusd::text AS cost, billed_pusd::text AS billed, absorbed_reason, estimate_pusd::text AS estimate,
      provider_stated_cost_pusd::text AS stated, price_book_id FROM usage_event WHERE request_id = $1 AND kind = 'settle'`,
    [requestId],
  )
  const [bill] = rows
  if (bill === undefined || rows.length > 1) throw new Error(`${rows.length} events of request ${requestId}`)
  return bill
}

const operate = async (...parameters: string[]): Promise<{ readonly done: boolean; readonly output: string }> => {
  const lines: string[] = []
  const done = await runPriceCommand({
    pool,
    parameters,
    print: (line) => lines.push(line),
    today: new Date().toISOString().slice(0, 10),
    publishChange: async () => {},
  })
  return { done, output: lines.join('\n') }
}

const newestBook = async (): Promise<number> =>
  (await system.owner.query<{ id: number }>('SELECT max(id) AS id FROM price_book')).rows[0]?.id ?? 0

/** Until calls are priced by `book`; the last of them. */
const askUnder = async (book: number): Promise<StoredBill> => {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const bill = await billOf((await ask('gpt-4o-mini', { answer: { usage: OPENAI_USAGE } })).requestId)
    if (bill.price_book_id === book) return bill
    await sleep(250)
  }
  throw new Error(`no call was priced by book ${book}`)
}

describe.each(DIALECTS)('usage as $model reports it', ({ model, usage }) => {
  const odd: readonly (readonly [string, OddAnswer])[] = [
    ['none', {}],
    ['zero', { usage: usage(0, 0) }],
    ['negative', { usage: usage(-5, -1) }],
    ['no number', { usage: usage('NaN', 'NaN') }],
    ['10^18', { usage: usage(HUGE, HUGE) }],
    ['a billion', { usage: usage(1_000_000_000, 1_000_000_000) }],
  ]
  it('is not believed when it is nonsense: what was relayed is counted, within the hold, and the event says so', async () => {
    const asked: { readonly name: string; readonly requestId: string }[] = []
    for (const [name, answer] of odd) {
      for (const stream of [false, true]) {
        const { status, requestId } = await ask(model, { answer, stream })
        expect([name, stream, status]).toEqual([name, stream, 200])
        asked.push({ name: `${name}${stream ? ', streamed' : ''}`, requestId })
      }
    }
    await waitUntilSettled(system)
    for (const { name, requestId } of asked) {
      const bill = await readBill(requestId)
      expect([name, bill.usage_source]).toEqual([name, 'tokenizer'])
      expect(Object.values(bill.units).every((count) => count > 0 && count < 100)).toBe(true)
      expect(BigInt(bill.billed) > 0n && BigInt(bill.billed) <= BigInt(bill.estimate)).toBe(true)
    }
  })

  it('twice is counted once', async () => {
    const { requestId } = await ask(model, { answer: { usage: usage(40, 10), twice: true }, stream: true })
    const bill = await billOf(requestId)
    expect([bill.units['input_uncached'], bill.units['output_text']]).toEqual([40, 10])
    expect(bill.usage_source).toBe('provider_final')
  })
})

describe('what the book has no price for', () => {
  it.each([
    ['another model than was asked for', { usage: OPENAI_USAGE, model: 'gpt-99-turbo' }],
    ['another service tier', { usage: OPENAI_USAGE, serviceTier: 'scale' }],
  ])('%s is absorbed and kept for the operator, never billed and never silently free', async (_name, answer) => {
    const { requestId } = await ask('gpt-4o-mini', { answer })
    expect(await billOf(requestId)).toMatchObject({ absorbed_reason: 'unpriced', billed: '0' })
  })

  it('is billed by its own price where the provider answered with a model the book knows', async () => {
    const { requestId } = await ask('gpt-4o-mini', { answer: { usage: OPENAI_USAGE, model: 'gpt-4o-2024-11-20' } })
    // 1,000 × $2.50 + 10 × $10, per million
    expect((await billOf(requestId)).billed).toBe(parseUsd('0.0026').toString())
  })

  it('refuses a service tier without a price with 422, before any call', async () => {
    const before = upstream.calls()
    const { status, text } = await ask('gpt-4o-mini', { answer: {}, body: { service_tier: 'scale' } })
    expect([status, upstream.calls()]).toEqual([422, before])
    expect(text).toContain('model_not_priced')
  })

  it('keeps what the provider itself says it charges', async () => {
    const { requestId } = await ask('gpt-4o-mini', { answer: { usage: { ...OPENAI_USAGE, cost: 0.000156 } } })
    expect((await billOf(requestId)).stated).toBe(parseUsd('0.000156').toString())
  })
})

describe('a change of price', () => {
  const propose = (usd: string, from: string) =>
    operate(
      'propose',
      '--offering',
      'openai/gpt-4o-mini',
      '--bucket',
      'input_uncached',
      '--usd-per-million',
      usd,
      '--from',
      from,
      '--source',
      'https://openai.com/api/pricing',
    )

  it('of more than ×3 waits for a person', async () => {
    const before = await newestBook()
    const today = new Date().toISOString().slice(0, 10)
    expect((await propose('0.5', today)).output).toMatch(/! +openai\/gpt-4o-mini +input_uncached.*×3\.33/)
    expect((await operate('approve', '--by', 'nobody', '--small')).done).toBe(false)
    expect(await newestBook()).toBe(before)
    expect((await operate('reject', '--by', 'Ada')).done).toBe(true)
    expect(await newestBook()).toBe(before)
  })

  it('downwards, learnt late, gives the credit by itself, once, and P1, P2 and P5 hold', async () => {
    await waitUntilSettled(system)
    const sums = async () => {
      const { rows } = await system.owner.query<{ settled: string; corrected: string; due: string }>(
        `SELECT coalesce(sum(billed_pusd) FILTER (WHERE kind = 'settle'), 0)::text AS settled, coalesce(sum(-billed_pusd) FILTER (WHERE kind = 'correction'), 0)::text AS corrected,
          coalesce(sum((units ->> 'input_uncached')::bigint * 50000) FILTER (WHERE kind = 'settle' AND model_served LIKE 'gpt-4o-mini%' AND billed_pusd > 0), 0)::text AS due
        FROM usage_event WHERE org_id = $1`,
        [tenant.orgId],
      )
      return rows[0] ?? { settled: '', corrected: '', due: '' }
    }
    const before = await sums()
    const monthStart = `${new Date().toISOString().slice(0, 7)}-01`
    await propose('0.1', monthStart)
    expect((await operate('approve', '--by', 'Ada')).done).toBe(true)
    await rerateUsage(pool)
    await rerateUsage(pool)
    const after = await sums()
    expect(after.settled).toBe(before.settled)
    expect(BigInt(after.corrected) > 0n).toBe(true)
    // $0.15 became $0.10 a million: 50,000 pUSD a token.
    expect(after.corrected).toBe(before.due)
    await postAllUsage(pool)
    const proofs = await proveOrganization(pool, tenant.slug)
    expect(proofs.lines.filter((line) => /P[125]/.test(line) && !line.includes('holds'))).toEqual([])
    // 1,000 × $0.10 + 10 × $0.60, per million
    expect((await askUnder(await newestBook())).billed).toBe(parseUsd('0.000106').toString())
  })

  it('that leaves a model without a price refuses it with 422, before any call', async () => {
    await system.owner.query(
      `WITH book AS (INSERT INTO price_book (source, source_version, approved_by) VALUES ('test', '1', 'Ada') RETURNING id)
      UPDATE price_version SET retired_book_id = book.id FROM book WHERE retired_book_id IS NULL AND offering_id IN (SELECT id FROM offering WHERE model_id = 'gpt-4.1-nano')`,
    )
    let refused = { status: 0, text: '', requestId: '' }
    let before = 0
    for (let attempt = 0; attempt < 60 && refused.status !== 422; attempt += 1) {
      before = upstream.calls()
      refused = await ask('gpt-4.1-nano', { answer: { usage: OPENAI_USAGE } })
      if (refused.status !== 422) await sleep(250)
    }
    expect([refused.status, upstream.calls()]).toEqual([422, before])
    expect(refused.text).toContain('model_not_priced')
  })
})
