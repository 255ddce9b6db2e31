import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DAY_MS } from '@atpar/core/durations'
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

const COMMAND = fileURLToPath(new URL('main.mjs', import.meta.url))
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
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
  priceOf('p6', 'seconds', 111_000_000_001n, { perUnits: 3_600n, minimumUnits: 10n }),
  priceOf('p7', 'input_uncached', 75_000_000_000n, { serviceTier: 'flex' }),
  priceOf('p8', 'output_text', 300_000_000_000n, { serviceTier: 'flex' }),
]

const ratesIn = (book: number): OfferingRates => {
  const inBook = PRICES.filter((price) => price.introducedInBook <= book && (price.retiredInBook ?? 99) > book)
  return {
    offeringId: 'openai/gpt-4o-mini',
    priceVersionId: '',
    rows: [
      { contextFrom: 0, serviceTier: null },
      { contextFrom: 2_000, serviceTier: null },
      { contextFrom: 0, serviceTier: 'flex' },
    ].map((condition) => ({
      ...condition,
      window: null,
      prices: Object.fromEntries(
        inBook
          .filter((price) => price.contextFrom === condition.contextFrom && price.serviceTier === condition.serviceTier)
          .map((price) => [price.bucket, price]),
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
  /** As the provider names it. */
  readonly tier: string | null
  /** Given back by a price learnt later. */
  readonly correction: bigint
}

const call = fc
  .record({
    atMs: fc.integer({ min: FROM, max: FROM + 29 * DAY_MS }),
    units: fc.oneof(
      fc.record({
        input_uncached: fc.integer({ min: 1, max: 5_000 }),
        output_text: fc.integer({ min: 1, max: 500 }),
      }),
      fc.record({ seconds: fc.integer({ min: 1, max: 30 }) }),
    ),
    book: fc.constantFrom(3, 4),
    funding: fc.constantFrom('platform' as const, 'platform' as const, 'byok' as const),
    absorbed: fc.constantFrom(0n, 0n, 7n),
    tier: fc.constantFrom(null, null, 'default', 'SERVICE_TIER_FLEX'),
    correction: fc.constantFrom(0n, 0n, 3n),
  })
  .map((one) => ('seconds' in one.units ? { ...one, tier: null } : one))

const TESTED = ['input_uncached', 'output_text', 'seconds'] as const

const refOf = (price: UnitPrice): string => PRICES.find((known) => known === price)?.ref ?? ''

/** The three files of an invoice over these calls, as the product writes them. */
const bundleOf = (calls: readonly Call[], carryIn: bigint, interim = 0n) => {
  const usage: (InvoiceUsage & { funding: string })[] = []
  const days = new Map<string, string[]>()
  let csv = usageHeader(HEADER.split(',').slice(0, -2))
  const sorted = calls.toSorted((one, other) => one.atMs - other.atMs)
  sorted.forEach((one, index) => {
    const id = uuidV7At(one.atMs, new Uint8Array(10).fill(index % 250).with(0, Math.floor(index / 250)))
    const context = { startedAtMs: one.atMs, serviceTier: one.tier }
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
      one.tier ?? '',
      one.funding,
      one.book,
      ...USAGE_BUCKETS.map((bucket) => one.units[bucket] ?? ''),
      cost,
      billed,
      absorbed,
      absorbed === 0n ? '' : 'zero_output',
    ].join(',')
    const back = pusd(isOurs && one.correction < billed ? one.correction : 0n)
    const hashes: string[] = []
    if (back !== 0n) {
      const correction = [
        ...evidence.split(',').slice(0, 12).with(2, 'correction'),
        ...USAGE_BUCKETS.map(() => ''),
        pusd(0n - back),
        pusd(0n - back),
        0,
        '',
      ].join(',')
      csv += writeUsageRow(correction, [], sha256)
      hashes.push(sha256(correction))
    }
    const rated = findPriceRefs({ ...one, ...context, costPusd: cost }, [ratesIn(one.book)], refOf)
    csv += writeUsageRow(evidence, rated?.refs ?? [], sha256)
    const day = new Date(one.atMs).toISOString().slice(0, 10)
    hashes.push(sha256(evidence))
    days.set(day, [...(days.get(day) ?? []), ...hashes])
    usage.push({
      funding: one.funding,
      modelId: 'gpt-4o-mini',
      provider: 'openai',
      billingPeriod: '2026-11-01',
      priceBookId: one.book,
      events: BigInt(hashes.length),
      units: Object.fromEntries(TESTED.map((bucket) => [bucket, BigInt(one.units[bucket] ?? 0)])),
      costPusd: pusd(cost - back),
      absorbedPusd: absorbed,
      billedPusd: pusd(billed - back),
      correctedCostPusd: pusd(0n - back),
      correctedPusd: pusd(0n - back),
    })
  })
  const grouped = [...Map.groupBy(usage, (one) => `${one.funding}${one.priceBookId}`).values()].map((group) => ({
    ...(group[0] as (typeof usage)[number]),
    events: group.reduce((sum, one) => sum + one.events, 0n),
    units: Object.fromEntries(
      TESTED.map((bucket) => [bucket, group.reduce((sum, one) => sum + (one.units[bucket] ?? 0n), 0n)]),
    ),
    correctedCostPusd: addPusd(...group.map((one) => one.correctedCostPusd ?? pusd(0n))),
    correctedPusd: addPusd(...group.map((one) => one.correctedPusd ?? pusd(0n))),
    costPusd: addPusd(...group.map((one) => one.costPusd)),
    absorbedPusd: addPusd(...group.map((one) => one.absorbedPusd)),
    billedPusd: addPusd(...group.map((one) => one.billedPusd)),
  }))
  const input = {
    period: '2026-11-01',
    usage: grouped.filter(({ funding }) => funding === 'platform'),
    carryInPusd: pusd(carryIn),
    interimPusd: pusd(interim),
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
      events: String(dayList.reduce((sum, day) => sum + Number(day.events), 0)),
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

/** Two books, a minimum, a tier, a correction, own usage, something absorbed, something carried and something claimed before. */
const FULL_BUNDLE = () => {
  const call: Call = {
    atMs: FROM + 5,
    units: { input_uncached: 4_999, output_text: 400 },
    book: 3,
    funding: 'platform',
    absorbed: 0n,
    tier: null,
    correction: 3n,
  }
  return bundleOf(
    [
      call,
      { ...call, atMs: FROM + 6, tier: 'SERVICE_TIER_FLEX', absorbed: 7n, correction: 0n },
      { ...call, atMs: FROM + DAY_MS, units: { seconds: 3 }, book: 4 },
      { ...call, atMs: FROM + DAY_MS + 1, funding: 'byok', correction: 0n },
      { ...call, atMs: FROM + 2 * DAY_MS, units: { input_uncached: 5_000_000, output_text: 900_000 } },
    ],
    123_456_789n,
    10_000_000_000n * 5n,
  )
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

  it('as a command verifies a bundle with everything in it, and names what was changed', { timeout: 60_000 }, () => {
    const files = FULL_BUNDLE()
    expect(files.invoice).toContain('"kind":"price_correction"')
    expect(files.invoice).toContain('"kind":"interim"')
    const folder = mkdtempSync(join(tmpdir(), 'atpar-verify-'))
    try {
      const paths = {
        invoice: join(folder, 'invoice.json'),
        usage: join(folder, 'usage.csv'),
        prices: join(folder, 'prices.json'),
      }
      for (const file of ['invoice', 'usage', 'prices'] as const) writeFileSync(paths[file], files[file])
      const run = () =>
        spawnSync(process.execPath, [COMMAND, paths.invoice, paths.usage, paths.prices], { encoding: 'utf8' })
      expect(run()).toMatchObject({ status: 0, stdout: expect.stringMatching(/^verified: /) as string })
      const unnamed: string[] = []
      for (const file of ['invoice', 'usage', 'prices'] as const) {
        // Two lines of each file: starting the command for all of them takes minutes. The next test asks for every field.
        const asked = new Set<number>()
        for (const field of files[file].matchAll(/\d+/g)) {
          const place = field.index + field[0].length - 1
          const line = files[file].slice(0, place).split('\n').length
          const text =
            files[file].slice(0, place) + ((Number(files[file][place]) + 1) % 10) + files[file].slice(place + 1)
          const wanted = new RegExp(`${FILE_NAMES[file]} line ${line}:|in line ${line} was`)
          if (asked.has(line) || asked.size >= 2) continue
          asked.add(line)
          writeFileSync(paths[file], text)
          const { status, stdout } = run()
          if (status !== 1 || !wanted.test(stdout)) unnamed.push(`${FILE_NAMES[file]} line ${line}: ${stdout}`)
        }
        writeFileSync(paths[file], files[file])
      }
      expect(unnamed).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('names every field of a bundle with everything in it, whichever is changed', { timeout: 60_000 }, async () => {
    const files = FULL_BUNDLE()
    const unnamed: string[] = []
    for (const file of ['invoice', 'prices', 'usage'] as const)
      for (const field of files[file].matchAll(/\d+/g)) {
        const place = field.index + field[0].length - 1
        const text =
          files[file].slice(0, place) + ((Number(files[file][place]) + 1) % 10) + files[file].slice(place + 1)
        const line = files[file].slice(0, place).split('\n').length
        const { findings } = await verify({ ...files, [file]: text })
        if (!new RegExp(`${FILE_NAMES[file]} line ${line}:|in line ${line} was`).test(findings.join('\n')))
          unnamed.push(`${FILE_NAMES[file]} line ${line}: ${field[0]}`)
      }
    expect(unnamed).toEqual([])
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
          tier: null,
          correction: 0n,
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
      tier: null,
      correction: 0n,
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
