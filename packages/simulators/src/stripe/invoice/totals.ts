import type { Customer, Invoice, InvoiceLine, InvoiceTax } from '../objects.ts'
import type { World } from '../world.ts'
import { decideTax, taxOn, type TaxDecision } from './tax.ts'

const TAX_FREE: TaxDecision = { rate: 0, reason: 'product_exempt' }

/** The customer of an invoice; invoices outlive their deletion, but nothing is computed for them then. */
export function customerOf(world: World, invoice: Invoice): Customer | undefined {
  const { customer } = invoice
  return typeof customer === 'string' ? world.tables.customers.get(customer) : undefined
}

/** Computes the sums of a draft again from its lines, tax included. */
export function recompute(world: World, invoice: Invoice): void {
  const lines = world.tables.invoiceLines.get(invoice.id) ?? []
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0)
  const customer = customerOf(world, invoice)
  const decision = invoice.automatic_tax.enabled && customer !== undefined ? decideTax(world, customer) : undefined
  if (invoice.automatic_tax.enabled) {
    invoice.automatic_tax.status = decision === null || decision === undefined ? 'requires_location_inputs' : 'complete'
  }
  const taxes = writeTaxes(world, lines, decision ?? null)
  const tax = taxes.reduce((sum, one) => sum + one.amount, 0)
  invoice.total_taxes = taxes
  invoice.subtotal = subtotal
  invoice.subtotal_excluding_tax = subtotal
  invoice.total_excluding_tax = subtotal
  invoice.total = subtotal + tax
  invoice.starting_balance = customer?.balance ?? 0
  invoice.amount_due = Math.max(0, invoice.total + invoice.starting_balance)
  invoice.amount_remaining = invoice.amount_due
  if (customer !== undefined) {
    invoice.customer_address = customer.address ?? null
    invoice.customer_email = customer.email
    invoice.customer_name = customer.name ?? null
    invoice.customer_tax_exempt = customer.tax_exempt ?? 'none'
    invoice.customer_tax_ids = [...world.tables.taxIds.values()]
      .filter((taxId) => taxId.customer === customer.id)
      .map(({ type, value }) => ({ type, value }))
  }
}

/** Writes each line's tax and returns their sums, one for each reason. */
function writeTaxes(world: World, lines: InvoiceLine[], decision: TaxDecision | null): InvoiceTax[] {
  const sums = new Map<string, { amount: number; taxable: number; decision: TaxDecision }>()
  for (const line of lines) {
    const item = line.parent?.invoice_item_details?.invoice_item ?? ''
    const own = decision !== null && world.tables.taxFreeItems.has(item) ? TAX_FREE : decision
    if (own === null) {
      line.taxes = []
      continue
    }
    const amount = taxOn(line.amount, own.rate)
    line.taxes = [taxEntry({ amount, taxable: line.amount, decision: own })]
    const sum = sums.get(String(own.reason)) ?? { amount: 0, taxable: 0, decision: own }
    sums.set(String(own.reason), { ...sum, amount: sum.amount + amount, taxable: sum.taxable + line.amount })
  }
  return [...sums.values()].map(taxEntry)
}

function taxEntry({ amount, taxable, decision }: { amount: number; taxable: number; decision: TaxDecision }) {
  return {
    amount,
    tax_behavior: 'exclusive' as const,
    tax_rate_details: { tax_rate: `txr_simulated_${decision.rate}` },
    taxability_reason: decision.reason,
    taxable_amount: decision.rate === 0 ? 0 : taxable,
    type: 'tax_rate_details' as const,
  }
}
