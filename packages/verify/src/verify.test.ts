import { createHash } from 'node:crypto'
import { uuidV7At } from '@atpar/core/ids'
import {
  findPriceRefs,
  usageHeader,
  writeInvoiceFile,
  writePricesFile,
  writeUsageRow,
  type EvidencePrice,
} from '@atpar/core/evidence-files'
import { composeInvoice, partsOfLines, type InvoiceUsage } from '@atpar/core/invoice'
import { addPusd, pusd, type UnitPrice } from '@atpar/core/money'
import { rateUsage, type OfferingRates } from '@atpar/core/pricing'
import { USAGE_BUCKETS, type UsageUnits } from '@atpar/core/usage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HEADER } from './usage-row.mjs'
import { verifyInvoice } from './verify.mjs'

// The files are written by the product's own code and read by this package, which shares nothing with it.

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const DAY_MS = 86_400_000
const FROM = Date.UTC(2026, 10, 1)

const priceOf = (ref: string, bucket: string, amount: bigint, over: Partial<EvidencePrice> = {}): EvidencePrice => ({
  ref,
  id: `0190f3a2-0000-7000-8000-00000000000${ref.slice(1)}`,
  offeringId: 'openai/gpt-4o-mini',
  bucket,
  amountPusd: amount,
  perUnits: 1_000_000n,
  contextFrom: 0,
  serviceTier: null,
  fromMinute: null,
  toMinute: null,
  effectiveFrom: '2026-10-01',
  introducedInBook: 3,
  retiredInBook: null,
  sourceUrl: 'https://example.com/pricing/2026',
  checkedOn: '2026-11-01',
  ...over,
})

const PRICES = [
  priceOf('p1', 'input_uncached', 150_000_000_000n, { retiredInBook: 4 }),
  priceOf('p2', 'output_text', 600_000_000_001n),
  priceOf('p3', 'input_uncached', 130_000_000_007n, { introducedInBook: 4 }),
  priceOf('p4', 'input_uncached', 300_000_000_000n, { contextFrom: 2_000 }),
  priceOf('p5', 'output_text', 900_000_000_000n, { contextFrom: 2_000 }),
]

const ratesIn = (book: number): OfferingRates => {
  const inBook = PRICES.filter((price) => price.introducedInBook <= book && (price.retiredInBook ?? 99) > book)
  return {
    offeringId: 'openai/gpt-4o-mini',
    priceVersionId: '',
    rows: [0, 2_000].map((contextFrom) => ({
      contextFrom,
      serviceTier: null,
      window: null,
      prices: Object.fromEntries(
        inBook.filter((price) => price.contextFrom === contextFrom).map((price) => [price.bucket, price]),
      ),
    })),
  }
}

interface Call {
  readonly atMs: number
  readonly units: UsageUnits
  readonly book: number
  readonly funding: 'platform' | 'byok'
  readonly absorbed: bigint
}

const call = fc.record({
  atMs: fc.integer({ min: FROM, max: FROM + 29 * DAY_MS }),
  units: fc.record({
    input_uncached: fc.integer({ min: 1, max: 5_000 }),
    output_text: fc.integer({ min: 1, max: 500 }),
  }),
  book: fc.constantFrom(3, 4),
  funding: fc.constantFrom('platform' as const, 'platform' as const, 'byok' as const),
  absorbed: fc.constantFrom(0n, 0n, 7n),
})

const refOf = (price: UnitPrice): string => PRICES.find((known) => known === price)?.ref ?? ''

/** The three files of an invoice over these calls, as the product writes them. */
const bundleOf = (calls: readonly Call[], carryIn: bigint) => {
  const usage: (InvoiceUsage & { funding: string })[] = []
  const days = new Map<string, string[]>()
  let csv = usageHeader(HEADER.split(',').slice(0, -2))
  const sorted = calls.toSorted((one, other) => one.atMs - other.atMs)
  sorted.forEach((one, index) => {
    const id = uuidV7At(one.atMs, new Uint8Array(10).fill(index % 250).with(0, Math.floor(index / 250)))
    const context = { startedAtMs: one.atMs, serviceTier: null }
    const rating = rateUsage(one.units, ratesIn(one.book), context)
    if (!rating.priced) throw new Error('a call of this test has no price')
    const cost = rating.costPusd
    const isOurs = one.funding === 'platform'
    const absorbed = pusd(isOurs && one.absorbed < cost ? one.absorbed : 0n)
    const billed = pusd(isOurs ? cost - absorbed : 0n)
    const evidence = [
      id,
      1,
      'settle',
      0,
      new Date(one.atMs).toISOString(),
      '2026-11-01',
      'openai',
      'gpt-4o-mini',
      'openai/gpt-4o-mini',
      '',
      one.funding,
      one.book,
      ...USAGE_BUCKETS.map((bucket) => one.units[bucket] ?? ''),
      cost,
      billed,
      absorbed,
      absorbed === 0n ? '' : 'zero_output',
    ].join(',')
    const rated = findPriceRefs({ ...one, ...context, costPusd: cost }, [ratesIn(one.book)], refOf)
    csv += writeUsageRow(evidence, rated?.refs ?? [], sha256)
    const day = new Date(one.atMs).toISOString().slice(0, 10)
    days.set(day, [...(days.get(day) ?? []), sha256(evidence)])
    usage.push({
      funding: one.funding,
      modelId: 'gpt-4o-mini',
      provider: 'openai',
      billingPeriod: '2026-11-01',
      priceBookId: one.book,
      events: 1n,
      units: { input_uncached: BigInt(one.units.input_uncached ?? 0), output_text: BigInt(one.units.output_text ?? 0) },
      costPusd: cost,
      absorbedPusd: absorbed,
      billedPusd: billed,
    })
  })
  const grouped = [...Map.groupBy(usage, (one) => `${one.funding}${one.priceBookId}`).values()].map((group) => ({
    ...(group[0] as (typeof usage)[number]),
    events: BigInt(group.length),
    units: {
      input_uncached: group.reduce((sum, one) => sum + (one.units.input_uncached ?? 0n), 0n),
      output_text: group.reduce((sum, one) => sum + (one.units.output_text ?? 0n), 0n),
    },
    costPusd: addPusd(...group.map((one) => one.costPusd)),
    absorbedPusd: addPusd(...group.map((one) => one.absorbedPusd)),
    billedPusd: addPusd(...group.map((one) => one.billedPusd)),
  }))
  const input = {
    period: '2026-11-01',
    usage: grouped.filter(({ funding }) => funding === 'platform'),
    carryInPusd: pusd(carryIn),
    minimumCents: 0n,
  }
  const composed = composeInvoice(input)
  const dayList = [...days].map(([day, hashes]) => ({
    day,
    events: String(hashes.length),
    sha256: sha256(hashes.join('\n')),
  }))
  const texts = (units: object) =>
    Object.fromEntries(Object.entries(units).map(([bucket, count]) => [bucket, String(count)]))
  const describe = (part: Omit<InvoiceUsage, 'funding'>) => ({
    month: part.billingPeriod,
    model: part.modelId,
    provider: part.provider,
    priceBook: part.priceBookId,
    events: String(part.events),
    units: texts(part.units),
    costPusd: part.costPusd,
    absorbedPusd: part.absorbedPusd,
    billedPusd: part.billedPusd,
  })
  const invoice = writeInvoiceFile(
    {
      number: 'ATPAR-acme-2026-11',
      period: '2026-11-01',
      issuedAt: '2026-12-01T01:00:00.000Z',
      billedTo: 'Acme 42',
      lines: composed.lines.map((line) => ({
        ...line,
        month: line.billingPeriod,
        model: line.modelId,
        events: String(line.events),
      })),
      parts: partsOfLines(composed, input).map((part) => ({
        ...describe(part),
        position: part.position,
        isCorrection: part.isCorrection,
      })),
      ownUsage: grouped
        .filter(({ funding }) => funding !== 'platform')
        .map((own) => ({ ...describe(own), funding: own.funding })),
      usagePusd: composed.usagePusd,
      interimPusd: composed.interimPusd,
      carryInPusd: composed.carryInPusd,
      carryOutPusd: composed.carryOutPusd,
      totalCents: composed.totalCents,
      taxCents: null,
      events: String(calls.length),
      rule: 'SHA-256',
      sha256: sha256(dayList.map(({ day, sha256: hash }) => `${day} ${hash}`).join('\n')),
      days: dayList,
      htmlSha256: sha256('html'),
      pdfSha256: sha256('pdf'),
    },
    sha256,
  )
  return { invoice, prices: writePricesFile(PRICES, sha256), usage: csv }
}

type Files = ReturnType<typeof bundleOf>
const verify = (files: Files) => verifyInvoice({ ...files, usage: files.usage.split('\n') })
const FILE_NAMES = { invoice: 'invoice.json', prices: 'prices.json', usage: 'usage.csv' } as const

/** The file with its `index`-th digit (counted round and round) turned into another one, and the line it stood on. */
const changeDigit = (text: string, index: number, by: number) => {
  const places = [...text.matchAll(/\d/g)].map((match) => match.index)
  const place = places[index % places.length] ?? 0
  const digit = (Number(text[place]) + by) % 10
  return {
    text: `${text.slice(0, place)}${digit}${text.slice(place + 1)}`,
    line: text.slice(0, place).split('\n').length,
  }
}

const bundle = fc.tuple(fc.array(call, { minLength: 1, maxLength: 12 }), fc.bigInt({ min: 0n, max: 9_999_999_999n }))

describe('atpar-verify', () => {
  it('verifies what the product writes', async () => {
    await fc.assert(
      fc.asyncProperty(bundle, async ([calls, carryIn]) => {
        expect((await verify(bundleOf(calls, carryIn))).findings).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('says which line, whichever digit of whichever file is changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        bundle,
        fc.constantFrom('invoice', 'prices', 'usage'),
        fc.nat(1_000_000),
        fc.integer({ min: 1, max: 9 }),
        async ([calls, carryIn], file, index, by) => {
          const files = bundleOf(calls, carryIn)
          const changed = changeDigit(files[file], index, by)
          const { findings } = await verify({ ...files, [file]: changed.text })
          expect(findings[0]).toContain(`${FILE_NAMES[file]} line `)
          expect(findings.join('\n')).toMatch(
            new RegExp(`${FILE_NAMES[file]} line ${changed.line}:|in line ${changed.line} was`),
          )
        },
      ),
      { numRuns: 400 },
    )
  })

  it('is not taken in by a forger who seals his work: a cheaper call, a lower price and a higher line are each found out', async () => {
    const files = bundleOf(
      [
        {
          atMs: FROM + 5,
          units: { input_uncached: 1_000, output_text: 10 },
          book: 3,
          funding: 'platform',
          absorbed: 0n,
        },
      ],
      0n,
    )
    const reseal = (text: string) => {
      const lines = text.split('\n').slice(0, -3)
      return `${lines.join('\n')}\n"seal": [${lines.map((line) => `"${sha256(line).slice(0, 16)}"`).join(', ')}]\n}\n`
    }
    const cheaper = await verify({
      ...files,
      prices: reseal(files.prices.replace('"amount_usd":"0.15"', '"amount_usd":"0.14"')),
    })
    expect(cheaper.findings[0]).toMatch(/^usage\.csv line 2: request .*units × list price is/)
    const dearer = await verify({ ...files, invoice: reseal(files.invoice.replaceAll('"cents":"0"', '"cents":"1"')) })
    expect(dearer.findings.join()).toMatch(/line 1 .*cents: it says 1/)
    const [header = '', row = ''] = files.usage.split('\n')
    const fewer = row.replace(',1000,', ',2000,').split(',').slice(0, -2).join(',')
    const forged = await verify({ ...files, usage: `${header}\n${writeUsageRow(fewer, ['p4', 'p5'], sha256)}` })
    expect(forged.findings.join('\n')).toMatch(/units × list price is/)
    expect(forged.findings.join('\n')).toMatch(/evidence of 2026-11-01, hash/)
  })

  it('finds a call that is missing, there twice or out of order', async () => {
    const calls = [1, 2, 3].map((hour) => ({
      atMs: FROM + hour,
      units: { input_uncached: 9, output_text: 1 },
      book: 3,
      funding: 'platform' as const,
      absorbed: 0n,
    }))
    const files = bundleOf(calls, 0n)
    const [header, first, second, third] = files.usage.split('\n')
    const withRows = async (...rows: (string | undefined)[]) =>
      (await verify({ ...files, usage: [header, ...rows].join('\n') })).findings
    expect((await withRows(first, third)).length).toBeGreaterThan(0)
    expect((await withRows(first, first, second, third))[0]).toBe('usage.csv line 3: out of order, or there twice')
    expect((await withRows(second, first, third))[0]).toBe('usage.csv line 3: out of order, or there twice')
  })
})
