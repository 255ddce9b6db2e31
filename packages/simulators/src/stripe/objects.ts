import type { Stripe } from 'stripe'

/**
 * The objects as they go over the wire, by the types of Stripe's own SDK (types only: none of its code runs here), so
 * that a shape Stripe does not have, or no longer has, does not compile. References are ids; `expand` resolves them.
 */
export type BalanceTransaction = Stripe.BalanceTransaction
export type Charge = Stripe.Charge
export type CheckoutSession = Stripe.Checkout.Session
export type CreditNote = Omit<Stripe.CreditNote, 'lines'>
export type CreditNoteLine = Omit<Stripe.CreditNoteLineItem, 'unit_amount_decimal'> & {
  unit_amount_decimal: string | null
}
export type Customer = Stripe.Customer
export type CustomerBalanceTransaction = Stripe.CustomerBalanceTransaction
export type Dispute = Stripe.Dispute
/** Kept from before the list of lines and payments is written beside it. */
export type Invoice = Omit<Stripe.Invoice, 'lines' | 'payments'> & { id: string }
export type InvoiceItem = Omit<Stripe.InvoiceItem, 'quantity_decimal' | 'pricing'> & {
  quantity_decimal: string
  pricing: Pricing | null
}
export type InvoiceLine = Omit<Stripe.InvoiceLineItem, 'quantity_decimal' | 'pricing'> & {
  quantity_decimal: string | null
  pricing: Pricing | null
}
export type InvoicePayment = Stripe.InvoicePayment
export type InvoiceTax = Stripe.Invoice.TotalTax
export type PaymentIntent = Stripe.PaymentIntent
export type PaymentMethod = Stripe.PaymentMethod
export type PortalSession = Stripe.BillingPortal.Session
export type Refund = Stripe.Refund
export type SetupIntent = Stripe.SetupIntent
export type TaxId = Stripe.TaxId
export type WebhookEndpoint = Stripe.WebhookEndpoint

export interface Pricing {
  price_details?: { price: string; product: string }
  type: 'price_details'
  unit_amount_decimal: string | null
}

export interface StripeEvent {
  id: string
  object: 'event'
  api_version: string
  created: number
  data: { object: Record<string, unknown>; previous_attributes?: Record<string, unknown> }
  livemode: false
  pending_webhooks: number
  request: { id: string | null; idempotency_key: string | null }
  type: string
}

/** The one the product is pinned to; objects here have its shape whatever version a caller names. */
export const API_VERSION = '2026-10-28.endive'
