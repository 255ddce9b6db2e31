import { expect, test } from 'vitest'
import { createKeySchema } from './schema.ts'

const faults = (input: Record<string, string>) =>
  createKeySchema.safeParse(input).error?.issues.map((issue) => issue.path[0])

test('a name alone makes a member key without limits', () => {
  expect(createKeySchema.parse({ name: ' Laptop ' })).toMatchObject({
    name: 'Laptop',
    kind: 'member',
    monthlyBudget: null,
    dailyBudget: null,
    allowedModels: [],
  })
})

test('budgets are read exactly, with or without dollar sign and grouping', () => {
  expect(createKeySchema.parse({ name: 'a', monthlyBudget: '$1,000.50', dailyBudget: '0' })).toMatchObject({
    monthlyBudget: 1_000_500_000_000_000n,
    dailyBudget: 0n,
  })
})

test.each(['ten', '-5', '1.234', '1e3', '99999999'])('%j is no budget', (monthlyBudget) => {
  expect(faults({ name: 'a', monthlyBudget })).toEqual(['monthlyBudget'])
})

test('a service key needs a team', () => {
  expect(faults({ name: 'a', kind: 'service' })).toEqual(['teamId'])
})

test('model names are split at commas and spaces, each once', () => {
  expect(createKeySchema.parse({ name: 'a', allowedModels: 'gpt-4o, claude-x\ngpt-4o' }).allowedModels).toEqual([
    'gpt-4o',
    'claude-x',
  ])
})
