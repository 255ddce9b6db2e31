import { randomUUID } from 'node:crypto'
import { pusd } from '@atpar/core/money'
import { decodeUsageEvent, type UsageEvent } from '@atpar/core/usage-event'
import { readUsageRow, rowOf, type UsageRow } from '@atpar/core/usage-row'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
// By path, not by package: the factories of the testkit build on this package.
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { buildUsageEvent } from '../../testkit/src/usage-events.ts'
import { createPool, type Pool } from './pool.ts'
import { EVENT_COLUMNS, readEventRow } from './usage-event-rows.ts'
import { ingestUsageRows } from './usage-ingest.ts'

vi.setConfig({ testTimeout: 60_000 })

let database: TestDatabase
let owner: Pool
let shipper: Pool

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 1, applicationName: 'test' })
  shipper = createPool({ url: database.urlFor('shipper'), max: 1, applicationName: 'test-shipper' })
}, 90_000)

afterAll(async () => {
  await shipper.end()
  await owner.end()
  await database.drop()
})

const readBack = async (orgId: string): Promise<ReadonlyMap<string, UsageEvent>> => {
  const { rows } = await owner.query<Record<string, unknown>>(
    `SELECT ${EVENT_COLUMNS} FROM usage_event e WHERE org_id = $1`,
    [orgId],
  )
  return new Map(rows.map(readEventRow).map((event) => [event.requestId, event] as const))
}

/** Whatever ends a text, a list, a record or a line early where somebody forgets it; no NUL, which Postgres does not have. */
const texts = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '"',
      '\\',
      '\t',
      '\n',
      '\r',
      ',',
      '[',
      ']',
      '{',
      '}',
      ':',
      ' ',
      '\u0001',
      '\u2028',
      'null',
      '\\u0041',
    ),
    fc.constantFrom('é', '💶', '\ufffd', '\u{10ffff}'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).filter((unit) => unit !== '\0'),
  ),
  maxLength: 12,
})
const moments = fc.integer({ min: Date.UTC(2026, 10, 1), max: Date.UTC(2026, 10, 30) })
const amounts = fc.bigInt({ min: 0n, max: 2n ** 62n }).map(pusd)
const json = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, texts, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(texts, tie('value'), { maxKeys: 3 }),
})).object

const arbitraryEvent = fc
  .record({
    endpoint: texts,
    callerDialect: texts,
    provider: texts,
    offeringId: texts,
    modelRequested: texts,
    modelId: texts,
    modelServed: fc.option(texts),
    serviceTier: fc.option(texts),
    providerRequestId: fc.option(texts),
    errorCode: fc.option(texts),
    proxyId: texts,
    teamId: fc.option(fc.uuid()),
    routeVersionId: fc.option(fc.uuid()),
    streamed: fc.boolean(),
    isFinal: fc.boolean(),
    firstByteAtMs: fc.option(moments),
    startedAtMs: moments,
    providerUsageRaw: fc.option(json),
    providerStatedCostPusd: fc.option(amounts),
    billedPusd: amounts,
    tags: fc.array(texts, { maxLength: 4 }),
    units: fc.dictionary(fc.constantFrom('input_uncached', 'searches', 'pages'), fc.nat()),
    httpStatus: fc.integer({ min: 0, max: 599 }),
    leaseNumber: fc.option(fc.nat()),
  })
  .chain((some) =>
    fc.tuple(texts, fc.option(fc.nat({ max: 9 }))).map(([reason, attempt]) =>
      buildUsageEvent({
        ...some,
        trail: [{ attempt, offeringId: some.offeringId, provider: some.provider, result: 'served', reason }],
      }),
    ),
  )

/** As the words of its fields, which is all that is compared: an object of fast-check has no prototype. */
const spelled = (event: UsageEvent | undefined): unknown => event && decodeUsageEvent(rowOf(event))

describe('a record on its way into Postgres', () => {
  it('says there what it said before, whatever its texts hold', async () => {
    const orgId = randomUUID()
    const events = fc.sample(arbitraryEvent, { numRuns: 400, seed: 20_261_123 }).map((event) => ({ ...event, orgId }))
    expect(await ingestUsageRows(shipper, { rows: events.map(rowOf) })).toEqual({ inserted: 400, quarantined: 0 })
    const stored = await readBack(orgId)
    for (const event of events) expect(spelled(stored.get(event.requestId))).toEqual(spelled(event))
  })

  it('is refused alone where its lists and objects are damaged or a value is none of its column', async () => {
    const orgId = randomUUID()
    const sample = (): UsageEvent => buildUsageEvent({ orgId, billedPusd: pusd(2_700_000n), tags: ['one'] })
    const damages: readonly (readonly [string, string])[] = [
      ['["one"]', '"one"'],
      ['["one"]', '["one"'],
      ['["one"]', '["one]'],
      ['["one"]', '{"one":1}'],
      ['{"input_uncached":300', '{"input_uncached:300'],
      ['{"input_uncached":300', '"input_uncached":300'],
      ['"reason":"first choice"', '"reason":"first\\u0000choice"'],
      ['"2700000"', '"27e5"'],
      ['"2700000"', '"2700000 x"'],
      ['"2026-11-01"', '"2026-11-0"'],
      [orgId, orgId.slice(1)],
      [orgId, ''],
      [',\t200,', ',\t"200",'],
      [',\t200,', ',\ttrue,'],
      [',\t200,', ',\t70000,'],
      [',\tfalse,', ',\t"false",'],
      [',\tfalse,', ',\tnull,'],
      ['"gpt-4o-mini"', 'null'],
      ['"gpt-4o-mini"', '"gpt\\u0000"'],
    ]
    const rows: UsageRow[] = []
    const good: UsageEvent[] = []
    const bad: UsageEvent[] = []
    for (const [from, to] of damages) {
      const [event, neighbour] = [sample(), sample()]
      rows.push(
        readUsageRow(rowOf({ ...event, billingPeriod: '2026-11-01' }).replace(from, () => to)),
        rowOf(neighbour),
      )
      good.push(neighbour)
      bad.push(event)
    }
    expect(await ingestUsageRows(shipper, { rows })).toEqual({ inserted: damages.length, quarantined: damages.length })
    const stored = await readBack(orgId)
    for (const event of good) expect(spelled(stored.get(event.requestId))).toEqual(spelled(event))
    const { rows: kept } = await owner.query<{ raw: string }>('SELECT raw FROM usage_quarantine')
    for (const { requestId } of bad) expect(kept.filter(({ raw }) => raw.includes(requestId))).toHaveLength(1)
  })
})
