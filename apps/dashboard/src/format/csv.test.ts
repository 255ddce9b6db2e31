import { expect, test } from 'vitest'
import { csvLine } from './csv.ts'

test.each(['=1+1', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', ' =cmd|x'])('%j is text to a spreadsheet', (text) => {
  expect(csvLine([text]).replace(/^"/, '')).toMatch(/^'/)
})

test('numbers stay numbers, and nothing is lost in quotes and line breaks', () => {
  expect(csvLine(['-12.5', null, 'a "b", c', 'x\ny'])).toBe('-12.5,,"a ""b"", c","x\ny"\r\n')
})
