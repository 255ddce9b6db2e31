import { randomBytes } from 'node:crypto'

import type {
  BalanceTransaction,
  Charge,
  CheckoutSession,
  CreditNote,
  CreditNoteLine,
  Customer,
  CustomerBalanceTransaction,
  Dispute,
  Invoice,
  InvoiceItem,
  InvoiceLine,
  InvoicePayment,
  PaymentIntent,
  PaymentMethod,
  PortalSession,
  Refund,
  SetupIntent,
  StripeEvent,
  TaxId,
  WebhookEndpoint,
} from './objects.ts'
import type { Delivery } from './webhooks/delivery.ts'

/** What Stripe knows and does not tell, about an invoice it collects by itself. */
export interface Collection {
  /** Unix seconds when Stripe tries next; null while it does not. */
  tryAt: number | null
  firstFailedAt: number | null
  /** The card a bank refused for good: retries wait for another one. */
  deadPaymentMethod: string | null
}

/** The first answer to an idempotency key. */
export interface RememberedAnswer {
  fingerprint: string
  endpoint: string
  status: number
  body: string
  requestId: string
}

/** Everything simulated Stripe remembers: plain objects, so that it can be written down and read back whole. */
export interface Tables {
  balanceTransactions: Map<string, BalanceTransaction>
  /** Card numbers by payment method, which the API never shows. */
  cardNumbers: Map<string, string>
  charges: Map<string, Charge>
  checkoutSessions: Map<string, CheckoutSession>
  /** Sessions whose address goes to the customer (`customer_update[address]=auto`). */
  checkoutsKeepingAddress: Map<string, true>
  collections: Map<string, Collection>
  creditNoteLines: Map<string, CreditNoteLine[]>
  creditNotes: Map<string, CreditNote>
  customerBalanceTransactions: Map<string, CustomerBalanceTransaction>
  customers: Map<string, Customer>
  /** Customers that were deleted: Stripe remembers that they were there. */
  deletedCustomers: Map<string, true>
  deliveries: Map<string, Delivery>
  disputes: Map<string, Dispute>
  events: Map<string, StripeEvent>
  /** Refunds whose bank will send the money back, and when (unix seconds). */
  failingRefunds: Map<string, number>
  idempotency: Map<string, RememberedAnswer>
  invoiceItems: Map<string, InvoiceItem>
  invoiceLines: Map<string, InvoiceLine[]>
  invoicePayments: Map<string, InvoicePayment>
  invoices: Map<string, Invoice>
  paymentIntents: Map<string, PaymentIntent>
  paymentMethods: Map<string, PaymentMethod>
  portalSessions: Map<string, PortalSession>
  refunds: Map<string, Refund>
  setupIntents: Map<string, SetupIntent>
  /** Payment methods whose owner has agreed to later charges before the bank. */
  setUpMethods: Map<string, true>
  /** Invoice items of a product that bears no tax. */
  taxFreeItems: Map<string, true>
  taxIds: Map<string, TaxId>
  webhookEndpoints: Map<string, WebhookEndpoint>
}

export interface World {
  tables: Tables
  /** How far the simulated clock is ahead, in milliseconds. */
  clockAheadMs: number
  /** Unix seconds on the simulated clock. */
  now: () => number
  /** Real time: signatures are made by it. */
  realNow: () => Date
  /** The request whose consequences are being written; events name it. */
  request: { id: string | null; idempotency_key: string | null }
  /** Where hosted pages are reached, as the caller reached the API. */
  baseUrl: string
  /** Called for every event, in order. */
  onEvent: (event: StripeEvent) => void
  newId: (prefix: string) => string
}

export function createTables(): Tables {
  return {
    balanceTransactions: new Map(),
    cardNumbers: new Map(),
    charges: new Map(),
    checkoutSessions: new Map(),
    checkoutsKeepingAddress: new Map(),
    collections: new Map(),
    creditNoteLines: new Map(),
    creditNotes: new Map(),
    customerBalanceTransactions: new Map(),
    customers: new Map(),
    deletedCustomers: new Map(),
    deliveries: new Map(),
    disputes: new Map(),
    events: new Map(),
    failingRefunds: new Map(),
    idempotency: new Map(),
    invoiceItems: new Map(),
    invoiceLines: new Map(),
    invoicePayments: new Map(),
    invoices: new Map(),
    paymentIntents: new Map(),
    paymentMethods: new Map(),
    portalSessions: new Map(),
    refunds: new Map(),
    setupIntents: new Map(),
    setUpMethods: new Map(),
    taxFreeItems: new Map(),
    taxIds: new Map(),
    webhookEndpoints: new Map(),
  }
}

export function createWorld(realNow: () => Date): World {
  const world: World = {
    tables: createTables(),
    clockAheadMs: 0,
    now: () => Math.floor((realNow().getTime() + world.clockAheadMs) / 1_000),
    realNow,
    request: { id: null, idempotency_key: null },
    baseUrl: 'http://127.0.0.1',
    onEvent: () => undefined,
    newId: (prefix) => `${prefix}_${randomText(24)}`,
  }
  return world
}

/** Letters and digits, as in Stripe's ids. */
export function randomText(length: number): string {
  // Twice as many bytes as letters: what is left after the two other signs are dropped is always enough.
  return randomBytes(length * 2)
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, length)
}

/** The id of a reference, expanded or not. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null
  return typeof reference === 'string' ? reference : reference.id
}
