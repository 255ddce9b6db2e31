import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseFormatsPage } from '../src/features/docs/format-tables.ts'

const { introduction, tables, notes } = parseFormatsPage(readFileSync(new URL('formats.md', import.meta.url), 'utf8'))

test('every table has a heading, an endpoint and a word in every square', () => {
  expect(introduction).toMatch(/\w{3}/)
  expect(tables.length).toBeGreaterThanOrEqual(3)
  for (const { title, endpoint, columns, rows } of tables) {
    expect(title).toMatch(/\w{3}/)
    expect(endpoint).toMatch(/^POST \/v1/)
    expect(rows.length).toBeGreaterThanOrEqual(3)
    for (const { cells } of rows) {
      expect(cells).toHaveLength(columns.length - 1)
      for (const cell of cells) expect(['yes', 'refused', 'left out']).toContain(cell)
    }
  }
})

test('what beside the tables has to be known is said in words', () => {
  expect(notes.map(({ title }) => title)).toContain('Refusals')
  for (const { blocks } of notes) {
    expect(blocks.length).toBeGreaterThan(0)
    for (const sentence of blocks.flat()) expect(sentence).toMatch(/\w{3}.*[.:;]$/)
  }
})
