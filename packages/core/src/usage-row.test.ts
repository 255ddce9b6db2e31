import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { killed } from './sample-usage.ts'
import { decodeUsageEvent, encodeUsageRecord, RECORD_FIELDS, type UsageEvent } from './usage-event.ts'
import { eventOfRow, isReadable, placeOf, readUsageRow, rowOf, textOfRow, wordOf } from './usage-row.ts'

const event: UsageEvent = { ...killed, serviceTier: 'flex' }

/** What ends texts, lists and records early where somebody forgets it. */
const awkward = fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', '[', ']', '{', '}', ' ', '\n', 'é', '💶', ':') })

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
        const text = textOfRow(rowOf(told))
        expect(readUsageRow(text)).toEqual(rowOf(told))
        expect(decodeUsageEvent(text)).toEqual(JSON.parse(JSON.stringify(told, keepMoney), readMoney))
        expect(wordOf(readUsageRow(text), 'modelRequested')).toBe(told.modelRequested)
      }),
    )
  })

  it('are read from records that name their fields or have no tabs between them, as earlier versions wrote them', () => {
    expect(eventOfRow(readUsageRow(encodeUsageRecord(event)))).toEqual(event)
    const row = rowOf({ ...event, modelRequested: 'one, "two", [three' })
    expect(readUsageRow(`[${row.join(',')}]`)).toEqual(row)
  })

  it('say whether all their fields can be read, which being parted does not ask', () => {
    const text = textOfRow(rowOf(event))
    expect(isReadable(readUsageRow(text))).toBe(true)
    for (const damage of ['"flex', 'flex"', '"fl"ex"', '"flex"]', '"fl\u0001ex"', '"fl\tex"', 'flex', ''])
      expect(isReadable(readUsageRow(text.replace('"flex"', damage)))).toBe(false)
  })

  it('take the tier that served, not the one that was asked for', () => {
    const row = [...rowOf(event)]
    row[RECORD_FIELDS.indexOf('serviceTier')] = 'null'
    expect(row[placeOf('serviceTier')]).toBe('"flex"')
    expect(eventOfRow(row).serviceTier).toBe('flex')
  })

  it('are not made of damaged or incomplete text', () => {
    const text = textOfRow(rowOf(event))
    for (let length = 0; length < text.length; length += 1)
      expect(() => readUsageRow(text.slice(0, length))).toThrow(SyntaxError)
    expect(() => readUsageRow(text.replace('flex', 'fl\u0000x'))).toThrow(SyntaxError)
    expect(() => readUsageRow(text.replace(',\t"flex"', ''))).toThrow('it has 44 fields of 45')
    expect(() => readUsageRow(text + text)).toThrow(SyntaxError)
    for (const name of ['requestId', 'orgId', 'billedPusd', 'estimatePusd'] as const)
      expect(() => readUsageRow(textOfRow(rowOf(event).with(placeOf(name), 'null')))).toThrow(name)
  })
})

const keepMoney = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `money:${value}` : value)
const readMoney = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && /^money:\d+$/.test(value) ? BigInt(value.slice(6)) : value
