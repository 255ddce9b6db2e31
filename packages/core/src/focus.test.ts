import { expect, test } from 'vitest'
import { FOCUS_COLUMNS, toFocusRows, type FocusRow, type UsageDay } from './focus.ts'
import { pusd } from './money.ts'

const DAY: UsageDay = {
  day: '2026-11-30',
  organizationId: 'org-1',
  organizationName: 'Acme',
  invoiceMonth: '2026-12',
  invoiceNumber: null,
  isLate: true,
  teamId: 'team-1',
  teamName: 'Research',
  memberName: 'Ada',
  keyId: 'key-1',
  keyName: 'ci',
  modelId: 'gpt-4o-mini',
  provider: 'openai',
  priceBookId: 3,
  tokens: 12_345n,
  costPusd: pusd(1_230_000_000_123n),
  billedPusd: pusd(1_230_000_000_000n),
  correctedCostPusd: pusd(-5n),
  correctedPusd: pusd(-5n),
}

/** The rules of FOCUS 1.2 that a file can be held to, written down apart from what makes the rows. */
const MANDATORY =
  'BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName ListCost PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName'.split(
    ' ',
  )
const NEVER_NULL = MANDATORY.filter(
  (name) =>
    !['BillingAccountName', 'ChargeClass', 'ChargeDescription', 'PricingQuantity', 'PricingUnit'].includes(name),
)
const ALLOWED: Readonly<Record<string, readonly (string | null)[]>> = {
  ChargeCategory: ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'],
  ChargeClass: [null, 'Correction'],
  ChargeFrequency: ['One-Time', 'Recurring', 'Usage-Based'],
  PricingCategory: ['Standard', 'Dynamic', 'Committed', 'Other', null],
  ServiceCategory: ['AI and Machine Learning'],
  ServiceSubcategory: [
    'AI Platforms',
    'Bots',
    'Generative AI',
    'Machine Learning',
    'Natural Language Processing',
    'Other (AI and Machine Learning)',
  ],
}
const validate = (row: FocusRow): readonly string[] => {
  const faults: string[] = []
  const fields = row as Readonly<Record<string, string | null>>
  for (const name of MANDATORY) if (!(name in row)) faults.push(`${name} is missing`)
  for (const name of NEVER_NULL) if (fields[name] === null || fields[name] === '') faults.push(`${name} is null`)
  for (const [name, value] of Object.entries(fields)) {
    if (!/^(?:[A-Z][A-Za-z]*|x_[A-Za-z]+)$/.test(name)) faults.push(`${name} is no column name`)
    if (/Cost$|Quantity$/.test(name) && value !== null && !/^-?\d+(?:\.\d+)?$/.test(value))
      faults.push(`${name} is no decimal`)
    if (/Period(?:Start|End)$/.test(name) && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value ?? ''))
      faults.push(`${name} is no UTC instant`)
    const allowed = ALLOWED[name]
    if (allowed !== undefined && !allowed.includes(value)) faults.push(`${name} may not be ${value}`)
  }
  if (fields['ChargePeriodStart'] !== null && (fields['ChargePeriodStart'] ?? '') >= (fields['ChargePeriodEnd'] ?? ''))
    faults.push('the charge period is empty')
  if (fields['SubAccountId'] === null && fields['SubAccountName'] !== null) faults.push('a name without a sub account')
  if (!/^\{.*\}$/.test(fields['Tags'] ?? '')) faults.push('Tags are no object')
  return faults
}

test('every row keeps the rules of FOCUS 1.2 and has its columns', () => {
  for (const day of [
    DAY,
    {
      ...DAY,
      teamId: null,
      teamName: null,
      memberName: null,
      keyName: null,
      correctedPusd: pusd(0n),
      correctedCostPusd: pusd(0n),
    },
  ])
    for (const row of toFocusRows(day)) {
      expect(validate(row)).toEqual([])
      expect(Object.keys(row).toSorted()).toEqual([...FOCUS_COLUMNS].toSorted())
    }
})

test('the validator sees a broken row', () => {
  const [row] = toFocusRows(DAY)
  if (row === undefined) throw new Error('no row')
  expect(
    validate({ ...row, BilledCost: '1e-5', ChargeCategory: 'usage', BillingPeriodEnd: '2026-12-01' }),
  ).toHaveLength(3)
})

test('costs are exact and the rows of a day sum to it, the correction apart', () => {
  const rows = toFocusRows(DAY)
  expect(rows.map((row) => [row.BilledCost, row.ListCost, row.x_AbsorbedCost, row.ChargeClass])).toEqual([
    ['1.23', '1.230000000123', '0.000000000123', null],
    ['-0.000000000005', '-0.000000000005', '0', 'Correction'],
  ])
  expect(rows[0]).toMatchObject({
    BillingPeriodStart: '2026-12-01T00:00:00Z',
    BillingPeriodEnd: '2027-01-01T00:00:00Z',
    ChargePeriodEnd: '2026-12-01T00:00:00Z',
  })
})
