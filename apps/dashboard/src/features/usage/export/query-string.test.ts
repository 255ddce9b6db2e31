import { expect, test } from 'vitest'
import { parseExportQuery } from './query-string.ts'

const parse = (text: string) => parseExportQuery(new URLSearchParams(text))

test('both days are included, and an empty team is none', () => {
  expect(parse('format=csv&from=2026-11-01&to=2026-11-30&team=')).toEqual({
    format: 'csv',
    fromMs: Date.UTC(2026, 10, 1),
    toMs: Date.UTC(2026, 11, 1),
  })
})

test('what cannot be meant is refused by name instead of guessed', () => {
  for (const [text, name] of [
    ['format=xml&from=2026-11-01&to=2026-11-30', 'format'],
    ['format=csv&from=2026-11-31&to=2026-11-30', 'from'],
    ['format=csv&from=2026-11-02&to=2026-11-01', 'to'],
    ['format=csv&from=2020-11-02&to=2026-11-01', 'to'],
    ['format=csv&from=2026-11-02', 'to'],
  ] as const)
    expect(() => parse(text), text).toThrow(name)
})
