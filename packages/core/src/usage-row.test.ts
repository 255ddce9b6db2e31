import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { killed } from './sample-usage.ts'
import { decodeUsageEvent, encodeUsageRecord, RECORD_FIELDS, type UsageEvent } from './usage-event.ts'
import { BETWEEN_FIELDS, fieldOf, isReadable, readUsageRow, rowOf, wordOf } from './usage-row.ts'

const event: UsageEvent = { ...killed, serviceTier: 'flex' }

/** What ends texts, lists and records early where somebody forgets it. */
const awkward = fc.string({
  unit: fc.constantFrom('a', '"', '\\', ',', '[', ']', '{', '}', ' ', '\n', '\t', 'é', '💶', ':'),
})

describe('rows', () => {
  it('hold what the event held, whatever its texts say', () => {
    const texts = fc.record({
      modelRequested: awkward,
      providerRequestId: fc.option(awkward),
      tags: fc.array(awkward, { maxLength: 4 }),
      providerUsageRaw: fc.jsonValue(),
      trail: fc.array(
        fc.record({
          attempt: fc.option(fc.nat()),
          offeringId: awkward,
          provider: fc.constant('openai'),
          result: fc.constantFrom('served', 'failed', 'skipped'),
          reason: awkward,
        }),
        { maxLength: 3 },
      ),
    })
    fc.assert(
      fc.property(texts, (some) => {
        const told: UsageEvent = { ...event, ...some }
        const row = rowOf(told)
        expect(readUsageRow(row)).toBe(row)
        expect(decodeUsageEvent(row)).toEqual(JSON.parse(JSON.stringify(told, keepMoney), readMoney))
        for (const name of RECORD_FIELDS)
          expect(JSON.parse(fieldOf(row, name))).toEqual(JSON.parse(JSON.stringify(told[name], asText) ?? 'null'))
        expect(wordOf(row, 'modelRequested')).toBe(told.modelRequested)
      }),
    )
  })

  it('are read from records that name their fields or have no tabs between them, as earlier versions wrote them', () => {
    expect(decodeUsageEvent(readUsageRow(encodeUsageRecord(event)))).toEqual(event)
    const row = rowOf({ ...event, modelRequested: 'one, "two", [three' })
    expect(readUsageRow(row.replaceAll('\t', ''))).toBe(row)
  })

  it('are not made of a record one of whose fields is not of its kind', () => {
    const row = rowOf({ ...event, tags: [] })
    const text = ['"flex', 'flex"', '"fl"ex"', '""flex"', '"flex"]', '"fl\u0001ex"', '"fl\tex"', '"fl\\x"', 'flex', '']
    const number = ['1.', '01', '0x1', '1_0', ' ', '', '1]', '1"', '"1', 'yes', 'tru']
    const damages = [
      ...text.map((damage) => row.replace('"flex"', () => damage)),
      ...number.map((damage) => row.replace(',\t7,', () => `,\t${damage},`)),
      row.replace(',\t"flex"', ''),
      row.replace(',\t"flex"', ',\t"flex",\t"flex"'),
    ]
    for (const damaged of damages) expect(() => readUsageRow(damaged), damaged).toThrow(SyntaxError)
  })

  it('put in quotes what has to stand in them, and take out nothing that has not', () => {
    const odd = readUsageRow(rowOf(event).replace('"openai"', '5').replace(',\t7,', ',\t"7",'))
    expect(fieldOf(odd, 'provider')).toBe('"5"')
    expect(fieldOf(odd, 'priceBookId')).toBe('"7"')
  })

  it('say whether all of them can be read, which being taken does not ask of lists and objects', () => {
    const row = rowOf(event)
    expect(isReadable(readUsageRow(row))).toBe(true)
    for (const damage of ['["team-blue', '["team-blue]', '["team-blue"]]', 'x'])
      expect(isReadable(readUsageRow(row.replace('["team-blue","env:test"]', damage)))).toBe(false)
  })

  it('take the tier that served, not the one that was asked for', () => {
    const row = readUsageRow(rowOf(event).replace('"flex"', 'null'))
    expect(fieldOf(row, 'serviceTier')).toBe('"flex"')
    expect(decodeUsageEvent(row).serviceTier).toBe('flex')
  })

  it('hold whole characters only, whatever half of one a caller or a provider has sent', () => {
    const halved = {
      ...event,
      modelRequested: 'a\ud83d',
      tags: ['\udc00b', '\\udc00', '💶'],
      providerUsageRaw: { '\ud800': ['\\\udfff'] },
    }
    const mended = {
      ...event,
      modelRequested: 'a\ufffd',
      tags: ['\ufffdb', '\\udc00', '💶'],
      providerUsageRaw: { '\ufffd': ['\\\ufffd'] },
    }
    expect(decodeUsageEvent(rowOf(halved))).toEqual(mended)
    const record = `[${RECORD_FIELDS.map((name) => JSON.stringify(halved[name], asText)).join(BETWEEN_FIELDS)}]`
    expect(record).toContain('\\ud83d')
    expect(readUsageRow(record)).toBe(rowOf(mended))
  })

  it('are not made of damaged or incomplete text', () => {
    const row = rowOf(event)
    for (let length = 0; length < row.length; length += 1)
      expect(() => readUsageRow(row.slice(0, length))).toThrow(SyntaxError)
    for (const damaged of [row.replace('flex', 'fl\u0000x'), row.replace('env:', 'env\u0000')])
      expect(() => readUsageRow(damaged)).toThrow(SyntaxError)
    expect(() => readUsageRow(row.replace(',\t"flex"', ''))).toThrow('it has 44 fields of 45')
    expect(() => readUsageRow(row + row)).toThrow(SyntaxError)
    for (const name of ['requestId', 'orgId', 'billedPusd', 'estimatePusd'] as const) {
      const incomplete = row.replaceAll('\t', '').replace(JSON.stringify(event[name], asText), 'null')
      expect(() => readUsageRow(incomplete)).toThrow(SyntaxError)
    }
  })
})

const asText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)
const keepMoney = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `money:${value}` : value)
const readMoney = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && /^money:\d+$/.test(value) ? BigInt(value.slice(6)) : value
