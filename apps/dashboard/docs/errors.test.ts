import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERRORS } from '@atpar/core/errors'

const page = readFileSync(new URL('errors.md', import.meta.url), 'utf8')
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section] as const),
)

test('every code of the catalogue has a section, and every section a code', () => {
  expect(new Set(sections.keys())).toEqual(new Set(Object.keys(ERRORS)))
})

test.each([...sections])('%s says what happened, why, and what to do', (_code, section) => {
  for (const part of ['**What happened.** ', '**Why.** ', '**What to do.** ']) expect(section).toContain(part)
})
