import { emit } from '../events.ts'
import type { Customer, Invoice } from '../objects.ts'
import type { World } from '../world.ts'
import { addLine } from './lines.ts'
import { recompute } from './totals.ts'

export const SECONDS_AS_DRAFT = 3_600

export interface NewInvoice {
  autoAdvance: boolean
  automaticTax: boolean
  automaticallyFinalizesAt: number | null
  collectionMethod: 'charge_automatically' | 'send_invoice'
  currency: string
  customFields: Invoice['custom_fields']
  dueDate: number | null
  defaultPaymentMethod: string | null
  description: string | null
  effectiveAt: number | null
  footer: string | null
  metadata: Record<string, string>
  number: string | null
  statementDescriptor: string | null
  takesPendingItems: boolean
}

export function createInvoice(world: World, customer: Customer, input: NewInvoice): Invoice {
  const now = world.now()
  const id = world.newId('in')
  const invoice: Invoice = {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Atpar (simulated)',
    account_tax_ids: null,
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_paid_off_stripe: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: input.autoAdvance,
    automatic_tax: {
      disabled_reason: null,
      enabled: input.automaticTax,
      liability: input.automaticTax ? { type: 'self' } : null,
      provider: input.automaticTax ? 'stripe' : null,
      status: null,
    },
    automatically_finalizes_at: input.autoAdvance ? (input.automaticallyFinalizesAt ?? now + SECONDS_AS_DRAFT) : null,
    billing_reason: 'manual',
    collection_method: input.collectionMethod,
    created: now,
    currency: input.currency,
    custom_fields: input.customFields,
    customer: customer.id,
    customer_account: null,
    customer_address: null,
    customer_email: null,
    customer_name: null,
    customer_phone: customer.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: 'none',
    customer_tax_ids: [],
    default_payment_method: input.defaultPaymentMethod,
    default_source: null,
    default_tax_rates: [],
    description: input.description,
    discounts: [],
    due_date: input.dueDate,
    effective_at: input.effectiveAt,
    ending_balance: null,
    footer: input.footer,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    livemode: false,
    metadata: input.metadata,
    next_payment_attempt: null,
    number: input.number,
    on_behalf_of: null,
    parent: null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: now,
    period_start: now,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: input.statementDescriptor,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    test_clock: null,
    total: 0,
    total_discount_amounts: [],
    total_excluding_tax: 0,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
  }
  world.tables.invoices.set(id, invoice)
  world.tables.invoiceLines.set(id, [])
  recompute(world, invoice)
  if (input.takesPendingItems) {
    for (const item of world.tables.invoiceItems.values()) {
      const isPending = item.invoice === null && item.customer === customer.id
      if (isPending && item.currency === invoice.currency) addLine(world, invoice, item)
    }
  }
  emit(world, 'invoice.created', invoice)
  return invoice
}
