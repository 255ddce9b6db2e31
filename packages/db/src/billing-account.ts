import type { Tx } from './client.ts'
import type { OrgId } from './tenant.ts'

/** What an organization says about itself for its invoices; null = not said. */
export interface BillingDetails {
  readonly legalName: string | null
  readonly email: string | null
  readonly line1: string | null
  readonly line2: string | null
  readonly city: string | null
  readonly state: string | null
  readonly postalCode: string | null
  /** ISO 3166-1, two capital letters. */
  readonly country: string | null
  readonly taxIdKind: string | null
  readonly taxId: string | null
}

export interface BillingAccountView {
  readonly details: BillingDetails
  /** Null without a card. */
  readonly paymentMethod: {
    readonly kind: string
    readonly brand: string | null
    readonly last4: string | null
    readonly expMonth: number | null
    readonly expYear: number | null
  } | null
  /** A charge was disputed: nothing is lent any more. */
  readonly isPrepaidOnly: boolean
  /** Tax cannot be computed by the address there is. */
  readonly isTaxLocationWanted: boolean
  /** Why Stripe does not take the tax id, in a sentence; null when it does or has not been asked. */
  readonly taxIdRefusal: string | null
}

const NO_DETAILS: BillingDetails = {
  legalName: null,
  email: null,
  line1: null,
  line2: null,
  city: null,
  state: null,
  postalCode: null,
  country: null,
  taxIdKind: null,
  taxId: null,
}

export const readBillingAccount = async (tx: Tx, orgId: OrgId): Promise<BillingAccountView> => {
  const row = await tx.billingAccount.findUnique({ where: { orgId } })
  if (row === null)
    return {
      details: NO_DETAILS,
      paymentMethod: null,
      isPrepaidOnly: false,
      isTaxLocationWanted: false,
      taxIdRefusal: null,
    }
  const { legalName, email, line1, line2, city, state, postalCode, country, taxIdKind, taxId } = row
  return {
    details: { legalName, email, line1, line2, city, state, postalCode, country, taxIdKind, taxId },
    paymentMethod:
      row.paymentMethodId === null
        ? null
        : {
            kind: row.paymentMethodKind ?? 'card',
            brand: row.cardBrand,
            last4: row.cardLast4,
            expMonth: row.cardExpMonth,
            expYear: row.cardExpYear,
          },
    isPrepaidOnly: row.prepaidOnlySince !== null,
    isTaxLocationWanted: row.taxLocationWantedAt !== null,
    taxIdRefusal: row.taxIdRefusal,
  }
}

/** The worker tells Stripe, within seconds. */
export const setBillingDetails = async (tx: Tx, orgId: OrgId, details: BillingDetails): Promise<void> => {
  const now = new Date()
  const changed = { ...details, tellDetailsAt: now, taxIdRefusal: null }
  await tx.billingAccount.upsert({
    where: { orgId },
    create: { orgId, ...changed },
    update: { ...changed, updatedAt: now },
  })
}

export interface OpenInvoice {
  readonly invoiceId: string
  readonly number: string
  readonly dueCents: bigint
  readonly dueAtMs: number | null
  /** Why the last charge failed; null while none did. */
  readonly failure: string | null
  /** Where it can be paid. */
  readonly payUrl: string | null
}

/** What waits to be paid, oldest first. */
export const listOpenInvoices = async (tx: Tx, orgId: OrgId): Promise<readonly OpenInvoice[]> => {
  const rows = await tx.invoiceCollection.findMany({
    where: { orgId, state: { in: ['open', 'uncollectible'] } },
    include: { invoice: { select: { number: true } } },
    orderBy: [{ dueAt: 'asc' }, { invoiceId: 'asc' }],
  })
  return rows.map((row) => ({
    invoiceId: row.invoiceId,
    number: row.invoice.number,
    dueCents: row.amountCents + (row.taxCents ?? 0n) - row.paidCents - row.creditedCents,
    dueAtMs: row.dueAt?.getTime() ?? null,
    failure: row.chargeFailedAt === null ? null : (row.chargeFailure ?? 'The charge failed.'),
    payUrl: row.hostedUrl,
  }))
}

/** Stripe's customer of an organization; null until one was needed. */
export const findStripeCustomer = async (tx: Tx, orgId: OrgId): Promise<string | null> => {
  const row = await tx.billingAccount.findUnique({ where: { orgId }, select: { stripeCustomerId: true } })
  return row?.stripeCustomerId ?? null
}

/** Remembers it. The first one stays: whoever asked at the same time was given the same. */
export const rememberStripeCustomer = async (
  tx: Tx,
  orgId: OrgId,
  customer: { readonly customerId: string; readonly livemode: boolean },
): Promise<void> => {
  await tx.$executeRaw`INSERT INTO billing_account (org_id, stripe_customer_id, livemode) VALUES (${orgId}::uuid, ${customer.customerId}, ${customer.livemode})
    ON CONFLICT (org_id) DO UPDATE SET stripe_customer_id = coalesce(billing_account.stripe_customer_id, EXCLUDED.stripe_customer_id), livemode = EXCLUDED.livemode, updated_at = now()`
}

/** By it customers at Stripe are told from those of another installation on the same account. */
export const readInstallationId = async (tx: Tx): Promise<string> => {
  const row = await tx.platformSetting.findUnique({ where: { key: 'installation_id' }, select: { value: true } })
  if (typeof row?.value !== 'string') throw new Error('The installation has no id: the migrations give it one.')
  return row.value
}
