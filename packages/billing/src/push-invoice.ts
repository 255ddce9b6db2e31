import type { Stripe } from 'stripe'
import { fromStripeAmount, toStripeAmount } from './cents.ts'
import { classifyFailure } from './failure.ts'

/**
 * The Stripe side of pushing an invoice. Between any two of these calls the process may die: whoever calls them writes down what came back, and a
 * second attempt begins with `findPushed`.
 */
export interface InvoicePush {
  /** Our invoice's id. In the metadata of everything that is made for it. */
  readonly invoiceId: string
  /** Ours; Stripe's document carries the same. */
  readonly number: string
  readonly customerId: string
  /** In every idempotency key. A new one begins from nothing. */
  readonly version: number
  /** What Stripe's subtotal must be. */
  readonly amountCents: bigint
  /** Their cents sum to `amountCents`; lines of no cents are left out. */
  readonly lines: readonly PushedLine[]
  readonly isTaxed: boolean
  /** Seconds since 1970: the month the lines are about. */
  readonly period: { readonly start: number; readonly end: number }
}

export interface PushedLine {
  readonly lineId: string
  readonly description: string
  readonly cents: bigint
  /** For what is no supply but a payment: the use of a prepaid balance. */
  readonly isTaxFree?: boolean
}

/** Software as a service for business use, and what no tax is ever computed on. https://docs.stripe.com/tax/tax-codes */
const SERVICE_TAX_CODE = 'txcd_10103001'
const TAX_FREE_CODE = 'txcd_00000000'
const INVOICE_ID = 'invoice_uuid'
const VERSION = 'push_version'
const LINE_ID = 'line_uuid'

const keyOf = ({ invoiceId, version }: Pick<InvoicePush, 'invoiceId' | 'version'>, step: string): string =>
  `inv:${invoiceId}:v${version}:${step}`

export interface PushedInvoices {
  /** Finalised already, whatever its version: there can be one only. */
  readonly finalised: string | null
  /** The draft of the version asked for. */
  readonly draft: string | null
  /** Drafts of other versions, or a second one: to be deleted. */
  readonly orphans: readonly string[]
}

const idOf = (invoice: Stripe.Invoice): string => {
  if (invoice.id === undefined) throw new TypeError('Stripe listed an invoice without an id')
  return invoice.id
}

/**
 * All that earlier attempts left at Stripe. The customer's list and not the search, whose index lags by a minute: a draft made a second ago is in it.
 * It also answers after Stripe has forgotten its idempotency keys.
 */
export const findPushed = async (
  stripe: Stripe,
  push: Pick<InvoicePush, 'invoiceId' | 'customerId' | 'version'>,
): Promise<PushedInvoices> => {
  let finalised: string | null = null
  const drafts: Stripe.Invoice[] = []
  for await (const invoice of stripe.invoices.list({ customer: push.customerId, limit: 100 })) {
    if (invoice.metadata?.[INVOICE_ID] !== push.invoiceId) continue
    if (invoice.status === 'draft') drafts.push(invoice)
    // A voided one was replaced on purpose.
    else if (invoice.status !== 'void') finalised = idOf(invoice)
  }
  const current = drafts.filter((draft) => draft.metadata?.[VERSION] === String(push.version)).map(idOf)
  const draft = finalised === null ? (current.at(-1) ?? null) : null
  return { finalised, draft, orphans: drafts.map(idOf).filter((id) => id !== draft) }
}

/** Step 2: an empty draft that nothing else flows into. @returns Stripe's id */
export const createDraft = async (stripe: Stripe, push: InvoicePush): Promise<string> => {
  const invoice = await stripe.invoices.create(
    {
      customer: push.customerId,
      currency: 'usd',
      number: push.number,
      collection_method: 'charge_automatically',
      auto_advance: false,
      pending_invoice_items_behavior: 'exclude',
      automatic_tax: { enabled: push.isTaxed },
      metadata: { [INVOICE_ID]: push.invoiceId, [VERSION]: String(push.version) },
    },
    { idempotencyKey: keyOf(push, 'create') },
  )
  return idOf(invoice)
}

const readLines = async (stripe: Stripe, stripeInvoiceId: string): Promise<readonly Stripe.InvoiceLineItem[]> => {
  const lines: Stripe.InvoiceLineItem[] = []
  for await (const line of stripe.invoices.listLineItems(stripeInvoiceId, { limit: 100 })) lines.push(line)
  return lines
}

/** Step 3: what is still missing of its lines, one request each. */
export const addMissingLines = async (stripe: Stripe, push: InvoicePush, stripeInvoiceId: string): Promise<void> => {
  const there = new Set((await readLines(stripe, stripeInvoiceId)).map((line) => line.metadata[LINE_ID]))
  for (const [index, line] of push.lines.entries()) {
    if (line.cents === 0n || there.has(line.lineId)) continue
    await stripe.invoiceItems.create(
      {
        customer: push.customerId,
        invoice: stripeInvoiceId,
        currency: 'usd',
        amount: toStripeAmount(line.cents),
        description: line.description.slice(0, 500),
        discountable: false,
        period: push.period,
        metadata: { [LINE_ID]: line.lineId },
        ...(push.isTaxed
          ? { tax_behavior: 'exclusive', tax_code: line.isTaxFree === true ? TAX_FREE_CODE : SERVICE_TAX_CODE }
          : {}),
      },
      { idempotencyKey: keyOf(push, `line:${index}`) },
    )
  }
}

export type DraftCheck =
  | { readonly kind: 'equal'; readonly taxCents: bigint }
  /** Where the customer is does not say which tax applies. */
  | { readonly kind: 'tax-location' }
  /** Not what we asked for. Never finalised. */
  | { readonly kind: 'different'; readonly reason: string }

const customerOf = (invoice: Stripe.Invoice): string | null =>
  typeof invoice.customer === 'string' ? invoice.customer : (invoice.customer?.id ?? null)

const findDifference = (
  push: InvoicePush,
  invoice: Stripe.Invoice,
  lines: readonly Stripe.InvoiceLineItem[],
): string | null => {
  if (invoice.currency !== 'usd') return `the currency is ${invoice.currency}`
  if (customerOf(invoice) !== push.customerId) return `the customer is ${customerOf(invoice) ?? 'nobody'}`
  if (invoice.metadata?.[INVOICE_ID] !== push.invoiceId)
    return `it belongs to ${invoice.metadata?.[INVOICE_ID] ?? 'nothing of ours'}`
  const wanted = new Map(push.lines.filter((line) => line.cents !== 0n).map((line) => [line.lineId, line.cents]))
  for (const line of lines) {
    const cents = wanted.get(line.metadata[LINE_ID] ?? '')
    if (cents === undefined) return `line ${line.id} is none of ours, or there twice`
    if (fromStripeAmount(line.amount) !== cents) return `line ${line.id} is over ${line.amount} and not ${cents} cents`
    wanted.delete(line.metadata[LINE_ID] ?? '')
  }
  if (wanted.size > 0) return `${wanted.size} lines are missing`
  if (fromStripeAmount(invoice.subtotal) !== push.amountCents)
    return `the subtotal is ${invoice.subtotal} and not ${push.amountCents} cents`
  return null
}

/** Step 4: reads all of it again and compares it with ours, line by line. */
export const checkPushed = async (stripe: Stripe, push: InvoicePush, stripeInvoiceId: string): Promise<DraftCheck> => {
  const invoice = await stripe.invoices.retrieve(stripeInvoiceId)
  const reason = findDifference(push, invoice, await readLines(stripe, stripeInvoiceId))
  if (reason !== null) return { kind: 'different', reason }
  if (invoice.automatic_tax.enabled && invoice.automatic_tax.status !== 'complete') return { kind: 'tax-location' }
  const taxCents = (invoice.total_taxes ?? []).reduce((sum, tax) => sum + fromStripeAmount(tax.amount), 0n)
  if (fromStripeAmount(invoice.total) !== push.amountCents + taxCents)
    return {
      kind: 'different',
      reason: `the total is ${invoice.total} and not ${push.amountCents} + ${taxCents} cents`,
    }
  return { kind: 'equal', taxCents }
}

/** Only a draft can be deleted, and one that is gone already is as good. False when it has been finalised meanwhile: then it is the invoice. */
export const deleteDraft = async (stripe: Stripe, stripeInvoiceId: string): Promise<boolean> => {
  try {
    await stripe.invoices.del(stripeInvoiceId)
    return true
  } catch (error) {
    const kind = classifyFailure(error)
    if (kind === 'missing') return true
    if (kind !== 'refused') throw error
    const invoice = await stripe.invoices.retrieve(stripeInvoiceId)
    if (invoice.status === 'draft') throw error
    return invoice.status === 'void'
  }
}

/** Step 5: from here on it is a claim, and Stripe charges by itself. */
export const finaliseDraft = async (
  stripe: Stripe,
  push: Pick<InvoicePush, 'invoiceId' | 'version'>,
  stripeInvoiceId: string,
): Promise<void> => {
  await stripe.invoices.finalizeInvoice(
    stripeInvoiceId,
    { auto_advance: true },
    { idempotencyKey: keyOf(push, 'finalize') },
  )
}

/** Charges the default payment method now. `attempt` names this try: a declined card may be tried again. */
export const payNow = async (
  stripe: Stripe,
  invoice: { readonly invoiceId: string; readonly stripeInvoiceId: string; readonly attempt: string },
): Promise<void> => {
  await stripe.invoices.pay(
    invoice.stripeInvoiceId,
    { off_session: true },
    { idempotencyKey: `inv:${invoice.invoiceId}:pay:${invoice.attempt}` },
  )
}
