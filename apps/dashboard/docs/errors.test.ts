import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERRORS } from '@atpar/core/errors'
import { parseErrorSections } from '../src/features/docs/error-sections.ts'

const sections = parseErrorSections(readFileSync(new URL('errors.md', import.meta.url), 'utf8'))

test('every code of the catalogue has a section, and every section a code', () => {
  expect(new Set(sections.map(({ code }) => code))).toEqual(new Set(Object.keys(ERRORS)))
  expect(sections).toHaveLength(Object.keys(ERRORS).length)
})

test.each(sections)('$code says what happened, why, and what to do', ({ paragraphs }) => {
  expect(paragraphs.map((paragraph) => /^\*\*(.+)\.\*\* /.exec(paragraph)?.[1])).toEqual([
    'What happened',
    'Why',
    'What to do',
  ])
})
