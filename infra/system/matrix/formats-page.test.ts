import { expect, test } from 'vitest'
import { REFUSALS } from './refusals.ts'
import { writeFormatsPage } from './formats-page.ts'

test('the page of the docs is what the matrix says; vitest with -u writes it anew', async () => {
  await expect(writeFormatsPage()).toMatchFileSnapshot('../../../apps/dashboard/docs/formats.md')
})

test('a refusal is documented once, with a reason one can act on', () => {
  const names = REFUSALS.flatMap(({ callers, provider, feature }) =>
    callers.map((caller) => `${caller} ${provider} ${feature}`),
  )
  expect(new Set(names).size).toBe(names.length)
  for (const { reason } of REFUSALS) expect(reason).toMatch(/^[A-Z].{30,}\.$/)
})
