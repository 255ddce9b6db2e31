import { readUsageRow, rowOf, type UsageRow } from '@atpar/core/usage-row'
import { describe, expect, it } from 'vitest'
// By path, not by package: the factories of the testkit build on this package.
import { buildUsageEvent } from '../../testkit/src/usage-events.ts'
import { textOfRows } from './usage-ingest-sql.ts'

const [before, hit, after] = ['one, "two" \\ {three}', ']\n[', 'a, "b"'].map((text) =>
  rowOf(buildUsageEvent({ modelRequested: text, tags: [text, ''] })),
) as [UsageRow, UsageRow, UsageRow]

/** Whether the rows around it are what they were, when the text is parted as Postgres parts it. */
const harms = (damaged: string): boolean => {
  let row: UsageRow
  try {
    row = readUsageRow(damaged)
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
  const parts = textOfRows([before, row, after]).split(']\n[')
  return parts.length !== 3 || parts[0] !== before.slice(1, -1) || parts[2] !== after.slice(1, -1)
}

describe('a batch as one text', () => {
  it('never lets a changed character reach the rows around its own, wherever it is and whatever it becomes', () => {
    expect(harms(hit)).toBe(false)
    const harm: string[] = []
    for (let at = 0; at < hit.length; at += 1)
      for (const other of ['\t', '"', '\\', ',', '[', ']', '7', String.fromCharCode(hit.charCodeAt(at) ^ 16)]) {
        const damaged = hit.slice(0, at) + other + hit.slice(at + 1)
        // A line feed would have ended its line before anybody took it for a record.
        if (!damaged.includes('\n') && harms(damaged)) harm.push(damaged)
      }
    expect(harm).toEqual([])
  })

  it('nor a lost block, a line cut short, or two lines run together', () => {
    const harm: string[] = []
    for (let at = 0; at < hit.length; at += 1) {
      expect(() => readUsageRow(`${hit.slice(0, at)}${'\0'.repeat(50)}${hit.slice(at + 50)}`)).toThrow(SyntaxError)
      for (const rest of [' '.repeat(50) + hit.slice(at + 50), hit.slice(at + 50), '', after, after.slice(at + 3)])
        if (harms(hit.slice(0, at) + rest)) harm.push(rest)
    }
    expect(harm).toEqual([])
  })
})
