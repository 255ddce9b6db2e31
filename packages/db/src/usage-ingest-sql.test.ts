import { pusd } from '@atpar/core/money'
import { readUsageRow, rowOf, textOfRow } from '@atpar/core/usage-row'
import { describe, expect, it } from 'vitest'
// By path, not by package: the factories of the testkit build on this package.
import { buildUsageEvent } from '../../testkit/src/usage-events.ts'
import { encodeColumns, EVENT_FIELDS } from './usage-ingest-sql.ts'

const IDS = {
  requestId: '018f0000-0000-7000-8000-000000000001',
  orgId: '018f0000-0000-7000-8000-000000000002',
  keyId: '018f0000-0000-7000-8000-000000000003',
  proxyBootId: '018f0000-0000-7000-8000-000000000004',
}
const sample = (figure: bigint): string =>
  textOfRow(
    rowOf(
      buildUsageEvent({
        ...IDS,
        startedAtMs: 1_763_769_600_000 + Number(figure),
        billedPusd: pusd(figure),
        modelRequested: 'one, "two" \\ {three}',
        tags: ['a, "b"', 'c'],
      }),
    ),
  )
const [before, hit, after] = [sample(11n), sample(22n), sample(33n)]

/** One element as Postgres parts an array literal: in quotes, or without anything that would end it. */
const ELEMENT = /^(?:"(?:[^"\\]|\\[^])*"|[^"\\{},]+)$/
const JSON_ELEMENT = /^.*$/

const [alone, last] = [before, after].map((text) => encodeColumns([readUsageRow(text)]))
/** What stands before and behind the element of the middle one of three events. */
const around = EVENT_FIELDS.map(([, , type], place) => {
  const [first = '', third = ''] = [alone?.[place], last?.[place]]
  return type === 'jsonb'
    ? { element: JSON_ELEMENT, before: `${first}\n`, after: `\n${third}` }
    : { element: ELEMENT, before: `${first.slice(0, -1)},`, after: `,${third.slice(1)}` }
})

/** Those fields of the events around it that are others because of the damage; none when the damage is told. */
const harmedBy = (damaged: string): readonly string[] => {
  let columns: readonly string[]
  try {
    columns = encodeColumns([before, damaged, after].map(readUsageRow))
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
  return columns.filter((column, place) => {
    const each = around[place]
    if (each === undefined || !column.startsWith(each.before) || !column.endsWith(each.after)) return true
    return !each.element.test(column.slice(each.before.length, column.length - each.after.length))
  })
}

describe('encodeColumns', () => {
  it('never lets a changed character reach the events around its own, wherever it is and whatever it becomes', () => {
    expect(harmedBy(hit)).toEqual([])
    const harm: unknown[] = []
    for (let at = 0; at < hit.length; at += 1)
      for (const other of ['\t', '"', '\\', ',', '{', ']', '7', String.fromCharCode(hit.charCodeAt(at) ^ 16)])
        harm.push(...harmedBy(hit.slice(0, at) + other + hit.slice(at + 1)))
    expect(harm).toEqual([])
  })

  it('nor a lost block, a line cut short, or two lines run together', () => {
    const harm: unknown[] = []
    for (let at = 0; at < hit.length; at += 1) {
      expect(() => readUsageRow(`${hit.slice(0, at)}${'\0'.repeat(50)}${hit.slice(at + 50)}`)).toThrow(SyntaxError)
      for (const rest of [' '.repeat(50) + hit.slice(at + 50), hit.slice(at + 50), '', after, after.slice(at + 3)])
        harm.push(...harmedBy(hit.slice(0, at) + rest))
    }
    expect(harm).toEqual([])
  })

  it('refuses an element that is no JSON, and takes every one that is', () => {
    const encode = (json: string): string | undefined =>
      encodeColumns([readUsageRow(hit.replace('"gpt-4o-mini-2024-07-18"', json))])[
        EVENT_FIELDS.findIndex(([field]) => field === 'modelServed')
      ]
    for (const damaged of [
      '',
      '"',
      '"a',
      'a"',
      '"a"b"',
      '"a"]',
      'NULL',
      'nul',
      '"\\x"',
      '"a\u0001"',
      '"a\tb"',
      '1,2',
      '{',
    ])
      expect(() => encode(damaged)).toThrow(SyntaxError)
    expect(['null', '"a"', '"\\"\\\\"', '-7', '1.5', 'true', '["a"]'].map(encode)).toEqual([
      '{NULL}',
      '{"a"}',
      '{"\\"\\\\"}',
      '{-7}',
      '{"1.5"}',
      '{true}',
      '{"{\\"a\\"}"}',
    ])
  })
})
