import type { Stripe } from 'stripe'
import { classifyFailure } from './failure.ts'
import { refOf } from './read-invoice.ts'

const ORG_ID = 'org_id'
const INSTALLATION_ID = 'installation_id'

/** An organization of one installation: two may share a Stripe account, and an organization that moved has the same id in both. */
export interface CustomerOwner {
  readonly installationId: string
  readonly orgId: string
}

const KEYS = 3
const RECENT_SECONDS = 7_200

/**
 * The customer of an organization, made once. The search finds one that is older than a minute, the idempotency key one that is younger than a day;
 * whether a request that Stripe remembers as failed made one all the same, the newest customers tell. Nothing that can change is among the parameters, or
 * a key would not fit a second time.
 */
export const ensureCustomer = async (stripe: Stripe, owner: CustomerOwner): Promise<string> => {
  const { installationId, orgId } = owner
  const found = await findCustomer(stripe, owner)
  if (found !== null) return found
  for (let key = 1; ; key += 1) {
    try {
      const customer = await stripe.customers.create(
        { metadata: { [ORG_ID]: orgId, [INSTALLATION_ID]: installationId } },
        { idempotencyKey: `customer:${installationId}:${orgId}:${key}` },
      )
      return customer.id
    } catch (error) {
      if (classifyFailure(error) !== 'afresh' || key === KEYS) throw error
      const made = await findNewCustomer(stripe, owner)
      if (made !== null) return made
    }
  }
}

/** The oldest one that carries both ids. */
const findCustomer = async (stripe: Stripe, { installationId, orgId }: CustomerOwner): Promise<string | null> => {
  const query = `metadata['${ORG_ID}']:'${orgId}' AND metadata['${INSTALLATION_ID}']:'${installationId}'`
  const { data } = await stripe.customers.search({ query, limit: 100 })
  return data.toSorted((one, other) => one.created - other.created)[0]?.id ?? null
}

const findNewCustomer = async (stripe: Stripe, { installationId, orgId }: CustomerOwner): Promise<string | null> => {
  const since = Math.floor(Date.now() / 1000) - RECENT_SECONDS
  let oldest: string | null = null
  for await (const customer of stripe.customers.list({ created: { gte: since }, limit: 100 }))
    if (customer.metadata[ORG_ID] === orgId && customer.metadata[INSTALLATION_ID] === installationId)
      oldest = customer.id
  return oldest
}

export interface BillingDetails {
  readonly name: string
  readonly email: string | null
  readonly address: {
    readonly line1: string | null
    readonly line2: string | null
    readonly city: string | null
    readonly state: string | null
    readonly postalCode: string | null
    readonly country: string | null
  }
}

/** Tells Stripe who the customer is. Safe to repeat. */
export const updateCustomer = async (stripe: Stripe, customerId: string, details: BillingDetails): Promise<void> => {
  const { address } = details
  await stripe.customers.update(customerId, {
    name: details.name,
    email: details.email ?? '',
    address:
      address.country === null
        ? ''
        : {
            line1: address.line1 ?? '',
            line2: address.line2 ?? '',
            city: address.city ?? '',
            state: address.state ?? '',
            postal_code: address.postalCode ?? '',
            country: address.country,
          },
  })
}

/** Sets the customer's one tax id, if it is another one. Stripe refuses what cannot be one, with a sentence to show. */
export const setTaxId = async (
  stripe: Stripe,
  customerId: string,
  taxId: { readonly kind: string; readonly value: string } | null,
): Promise<void> => {
  const { data } = await stripe.customers.listTaxIds(customerId, { limit: 10 })
  const isThere = taxId !== null && data.some((known) => known.type === taxId.kind && known.value === taxId.value)
  if (taxId !== null && !isThere)
    await stripe.customers.createTaxId(customerId, {
      // Stripe checks the kind; its list grows faster than this package.
      type: taxId.kind as Stripe.TaxIdCreateParams.Type,
      value: taxId.value,
    })
  for (const known of data)
    if (taxId === null || known.type !== taxId.kind || known.value !== taxId.value)
      await stripe.customers.deleteTaxId(customerId, known.id)
}

export interface PaymentMethodView {
  readonly id: string
  readonly kind: string
  readonly brand: string | null
  readonly last4: string | null
  readonly expMonth: number | null
  readonly expYear: number | null
  readonly fingerprint: string | null
}

export interface CustomerView {
  readonly customerId: string
  readonly orgId: string | null
  readonly isDeleted: boolean
  readonly country: string | null
  readonly paymentMethod: PaymentMethodView | null
}

const toMethod = (method: Stripe.PaymentMethod): PaymentMethodView => ({
  id: method.id,
  kind: method.type,
  brand: method.card?.brand ?? null,
  last4: method.card?.last4 ?? null,
  expMonth: method.card?.exp_month ?? null,
  expYear: method.card?.exp_year ?? null,
  fingerprint: method.card?.fingerprint ?? null,
})

/** The customer and its default payment method as they are now. */
export const readCustomer = async (stripe: Stripe, customerId: string): Promise<CustomerView> => {
  const customer = await stripe.customers.retrieve(customerId, {
    expand: ['invoice_settings.default_payment_method'],
  })
  if (customer.deleted === true) return { customerId, orgId: null, isDeleted: true, country: null, paymentMethod: null }
  const method = customer.invoice_settings.default_payment_method
  return {
    customerId,
    orgId: customer.metadata[ORG_ID] ?? null,
    isDeleted: false,
    country: customer.address?.country ?? null,
    paymentMethod: method === null || typeof method === 'string' ? null : toMethod(method),
  }
}

/** A card that was just set up is the one to charge from now on. @returns the customer, null when the setup did not succeed */
export const adoptSetup = async (stripe: Stripe, setupIntentId: string): Promise<string | null> => {
  const intent = await stripe.setupIntents.retrieve(setupIntentId)
  const [customerId, methodId] = [refOf(intent.customer), refOf(intent.payment_method)]
  if (intent.status !== 'succeeded' || customerId === null || methodId === null) return null
  await stripe.customers.update(customerId, { invoice_settings: { default_payment_method: methodId } })
  return customerId
}
