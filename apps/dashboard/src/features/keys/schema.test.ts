import { ENDPOINTS } from '@atpar/core/key-scope'
import { expect, test } from 'vitest'
import { budgetFieldOf, ownerChoice, readKeyFields, readNewKey } from './schema.ts'

const formOf = (fields: Readonly<Record<string, string>>): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  return form
}

test('a name alone makes a key without limits that may do everything', () => {
  expect(readNewKey(formOf({ name: ' Laptop ', owner: ownerChoice({ memberId: 'm', teamId: null }) }))).toEqual({
    name: 'Laptop',
    owner: { kind: 'member', memberId: 'm', teamId: null },
    allowedModels: [],
    allowedEndpoints: [],
    allowedCidrs: [],
    labels: [],
    expiresAtMs: null,
    budgets: [],
    rateLimit: null,
  })
})

test('whose it is comes back from its choice', () => {
  const read = (memberId: string | null, teamId: string | null) =>
    readNewKey(formOf({ name: 'a', owner: ownerChoice({ memberId, teamId }) })).owner
  expect(read('m', 't')).toEqual({ kind: 'member', memberId: 'm', teamId: 't' })
  expect(read(null, 't')).toEqual({ kind: 'service', teamId: 't' })
})

test('budgets are typed with or without dollar sign and grouping, and a fault finds its input again', () => {
  const form = formOf({ name: 'a', owner: 'member:m:', dailyBudget: '', monthlyBudget: '$1,000.50' })
  expect(readNewKey(form).budgets).toEqual([{ period: 'month', limit: '1000.50' }])
  expect(budgetFieldOf(form, 'budgets.0.limit')).toBe('monthlyBudget')
  expect(budgetFieldOf(form, 'name')).toBeNull()
})

test('lists are split at commas and spaces, each entry once, and an address becomes a network', () => {
  const fields = readKeyFields(
    formOf({ name: 'a', allowedModels: 'gpt-4o, claude-x\ngpt-4o', allowedCidrs: '203.0.113.7 10.0.0.0/8 ::1 home' }),
  )
  expect(fields.allowedModels).toEqual(['gpt-4o', 'claude-x'])
  expect(fields.allowedCidrs).toEqual(['203.0.113.7/32', '10.0.0.0/8', '::1/128', 'home'])
})

test('every endpoint chosen is no restriction, so that endpoints to come are allowed too', () => {
  const all = Object.fromEntries(ENDPOINTS.map((endpoint) => [`endpoint:${endpoint}`, 'on']))
  expect(readKeyFields(formOf({ name: 'a', ...all })).allowedEndpoints).toEqual([])
  expect(readKeyFields(formOf({ name: 'a', 'endpoint:messages': 'on' })).allowedEndpoints).toEqual(['messages'])
})

test('a key works to the end of the chosen day, UTC', () => {
  expect(readKeyFields(formOf({ name: 'a', expiresOn: '2026-12-24' })).expiresAtMs).toBe(
    Date.UTC(2026, 11, 24, 23, 59, 59, 999),
  )
})
