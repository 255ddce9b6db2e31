import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pusd, ZERO_PUSD } from './money.ts'
import { begin, killed, origin } from './sample-usage.ts'
import {
  BEGIN_FIELDS,
  billingPeriodOf,
  decodeAttemptBegin,
  decodeUsageEvent,
  encodeUsageRecord,
  END_FIELDS,
  type UsageEvent,
} from './usage-event.ts'

describe('records on the journal', () => {
  it('keep every amount exactly, as a bigint', () => {
    const money = fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }).map(pusd)
    const amounts = fc.record({
      costPusd: money,
      billedPusd: money,
      absorbedPusd: money,
      estimatePusd: money,
      providerStatedCostPusd: fc.option(money),
    })
    fc.assert(
      fc.property(amounts, (some) => {
        const event: UsageEvent = { ...killed, ...some }
        expect(decodeUsageEvent(encodeUsageRecord(event))).toEqual(event)
      }),
    )
  })

  it('write money as text, which no reader turns into a float', () => {
    expect(encodeUsageRecord(begin)).toContain('"estimatePusd":"123456789012345678901"')
  })

  it('read the beginning of an attempt back', () => {
    expect(decodeAttemptBegin(encodeUsageRecord(begin))).toEqual(begin)
  })

  it('leave alone what a provider reported, even under the names of our amounts', () => {
    const event: UsageEvent = { ...killed, providerUsageRaw: { costPusd: '12', usage: [{ billedPusd: 'unknown' }] } }
    expect(decodeUsageEvent(encodeUsageRecord(event))).toEqual(event)
  })

  it('refuse damaged text', () => {
    const text = encodeUsageRecord(killed)
    expect(() => decodeUsageEvent(text.slice(0, -1))).toThrow(SyntaxError)
    expect(() => decodeUsageEvent(text.replace('"costPusd":"0"', '"costPusd":"0.5"'))).toThrow(SyntaxError)
    expect(() => decodeUsageEvent('null')).toThrow(SyntaxError)
    expect(() => decodeAttemptBegin('7')).toThrow(SyntaxError)
  })

  it.each(['requestId', 'orgId', 'billedPusd', 'estimatePusd'] as const)('refuse a record without %s', (field) => {
    expect(() => decodeUsageEvent(encodeUsageRecord({ ...killed, [field]: undefined }))).toThrow(field)
  })

  it('are read from a list of their values just as from an object that names them', () => {
    const event: UsageEvent = { ...killed, serviceTier: 'flex', costPusd: pusd(5n) }
    const values = [...BEGIN_FIELDS, ...END_FIELDS].map((name) => event[name])
    values[BEGIN_FIELDS.indexOf('serviceTier')] = null
    expect(decodeUsageEvent(encodeUsageRecord(values))).toEqual(event)
    expect(decodeAttemptBegin(encodeUsageRecord(BEGIN_FIELDS.map((name) => begin[name])))).toEqual(begin)
    expect(() => decodeUsageEvent(encodeUsageRecord(values.slice(1)))).toThrow('it has 44 fields of 45')
  })

  it('read records from before there were tags as having none', () => {
    expect(decodeAttemptBegin(encodeUsageRecord({ ...begin, tags: undefined })).tags).toEqual([])
  })
})

describe('killedEvent', () => {
  it('bills nothing, absorbs nothing and claims no usage', () => {
    expect(killed).toMatchObject({
      costPusd: ZERO_PUSD,
      billedPusd: ZERO_PUSD,
      absorbedPusd: ZERO_PUSD,
      units: {},
      usageSource: 'none',
    })
  })

  it('says what died, where and that nothing follows', () => {
    expect(killed).toMatchObject({ ...begin, ...origin, outcome: 'killed', absorbedReason: 'killed', isFinal: true })
  })

  it('belongs to the month in which the attempt began, not the one in which it was found', () => {
    expect(killed.billingPeriod).toBe('2026-11-01')
  })

  it('has the idempotency key of the settlement it stands for', () => {
    expect([killed.requestId, killed.attempt, killed.kind, killed.seq]).toEqual([begin.requestId, 1, 'settle', 0])
  })
})

describe('billingPeriodOf', () => {
  // In this order: the last month is remembered, so each line must leave it rightly.
  it.each([
    ['2026-11-01T00:00:00.000Z', '2026-11-01'],
    ['2026-11-30T23:59:59.999Z', '2026-11-01'],
    ['2026-12-01T00:00:00.000Z', '2026-12-01'],
    ['2026-12-31T23:59:59.999Z', '2026-12-01'],
    ['2027-01-01T00:00:00.000Z', '2027-01-01'],
    ['2026-12-31T23:59:59.999Z', '2026-12-01'],
    ['2028-02-29T12:00:00.000Z', '2028-02-01'],
    ['2028-03-01T00:00:00.000Z', '2028-03-01'],
    ['1970-01-01T00:00:00.000Z', '1970-01-01'],
  ])('puts %s into %s', (instant, period) => {
    expect(billingPeriodOf(Date.parse(instant))).toBe(period)
  })

  it('remembers nothing that changes an answer', () => {
    const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(fc.array(instant), (instants) => {
        for (const at of instants) expect(billingPeriodOf(at.getTime())).toBe(`${at.toISOString().slice(0, 7)}-01`)
      }),
    )
  })
})
