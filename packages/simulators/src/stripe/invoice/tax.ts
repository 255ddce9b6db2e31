import type { Customer, InvoiceTax } from '../objects.ts'
import type { World } from '../world.ts'

/** Tax on what is sold from the United States as a service, in thousandths of a percent: a table, not a tax adviser. */
const COUNTRY_RATES: Readonly<Record<string, number>> = {
  AT: 20_000,
  AU: 10_000,
  BE: 21_000,
  CA: 5_000,
  CH: 8_100,
  DE: 19_000,
  DK: 25_000,
  ES: 21_000,
  FI: 25_500,
  FR: 20_000,
  GB: 20_000,
  IE: 23_000,
  IN: 18_000,
  IT: 22_000,
  JP: 10_000,
  NL: 21_000,
  NO: 25_000,
  NZ: 15_000,
  PL: 23_000,
  PT: 23_000,
  SE: 25_000,
  SG: 9_000,
}

const STATE_RATES: Readonly<Record<string, number>> = { NY: 8_875, PA: 6_000, TX: 6_600, WA: 10_350 }

/** Where a company's tax id moves the duty to the buyer. */
const REVERSE_CHARGE = new Set(['AT', 'BE', 'DE', 'DK', 'ES', 'FI', 'FR', 'GB', 'IE', 'IT', 'NL', 'PL', 'PT', 'SE'])

export interface TaxDecision {
  rate: number
  reason: InvoiceTax['taxability_reason']
}

/** What is due from this customer; null when Stripe cannot tell where they are. */
export function decideTax(world: World, customer: Customer): TaxDecision | null {
  const country = customer.address?.country?.toUpperCase() ?? ''
  if (country === '') return null
  if (country === 'US' && (customer.address?.postal_code ?? '') === '' && (customer.address?.state ?? '') === '') {
    return null
  }
  if (customer.tax_exempt === 'exempt') return { rate: 0, reason: 'customer_exempt' }
  const hasTaxId = [...world.tables.taxIds.values()].some((taxId) => taxId.customer === customer.id)
  if (customer.tax_exempt === 'reverse' || (hasTaxId && REVERSE_CHARGE.has(country))) {
    return { rate: 0, reason: 'reverse_charge' }
  }
  const rate =
    country === 'US' ? STATE_RATES[customer.address?.state?.toUpperCase() ?? ''] : (COUNTRY_RATES[country] ?? undefined)
  return rate === undefined ? { rate: 0, reason: 'not_collecting' } : { rate, reason: 'standard_rated' }
}

/** Whole cents of tax on whole cents, half a cent away from zero. */
export function taxOn(amountCents: number, rate: number): number {
  const sign = amountCents < 0 ? -1 : 1
  return sign * Math.floor((Math.abs(amountCents) * rate + 50_000) / 100_000)
}
