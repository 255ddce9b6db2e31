import { ensureCustomer, readCustomer, setTaxId, updateCustomer } from '@atpar/billing/customers'
import { classifyFailure, describeFailure } from '@atpar/billing/failure'
import type { Reader } from '../billing/transaction.ts'
import type { CollectDeps } from './collecting.ts'

interface AccountRow {
  readonly customer: string | null
  readonly installation: string
  readonly name: string
  readonly email: string | null
  readonly line1: string | null
  readonly line2: string | null
  readonly city: string | null
  readonly state: string | null
  readonly postal_code: string | null
  readonly country: string | null
  readonly tax_id_kind: string | null
  readonly tax_id: string | null
  /** As text, with its microseconds: by it one change is told from the next. */
  readonly tell_details_at: string | null
}

const readAccount = async (reader: Reader, orgId: string): Promise<AccountRow> => {
  const { rows } = await reader.query<AccountRow>(
    `SELECT a.stripe_customer_id AS customer, (SELECT value #>> '{}' FROM platform_setting WHERE key = 'installation_id') AS installation,
      coalesce(a.legal_name, o.name) AS name, a.line1, a.line2, a.city, a.state, a.postal_code, a.country,
      a.tax_id_kind, a.tax_id, a.tell_details_at::text,
      coalesce(a.email, (SELECT u.email FROM membership m JOIN app_user u ON u.id = m.user_id
        WHERE m.org_id = o.id AND m.status = 'active' AND m.role = 'owner' AND u.deleted_at IS NULL ORDER BY m.created_at LIMIT 1)) AS email
    FROM organization o LEFT JOIN billing_account a ON a.org_id = o.id WHERE o.id = $1`,
    [orgId],
  )
  const [row] = rows
  if (row === undefined) throw new Error(`There is no organization ${orgId}.`)
  return row
}

/** Why Stripe does not take it, in its words; null when it does. */
const tellTaxId = async (
  { collecting }: CollectDeps,
  customerId: string,
  { tax_id_kind: kind, tax_id: value }: AccountRow,
): Promise<string | null> => {
  try {
    await setTaxId(collecting.stripe, customerId, kind === null || value === null ? null : { kind, value })
    return null
  } catch (error) {
    if (classifyFailure(error) !== 'refused') throw error
    return describeFailure(error)
  }
}

/** A tax id that Stripe adds to the customer's page itself is left alone unless somebody changed it here. */
const tellAccount = async (deps: CollectDeps, orgId: string, customerId: string): Promise<void> => {
  const account = await readAccount(deps.pool, orgId)
  const { name, email, line1, line2, city, state, country, tell_details_at: since } = account
  await updateCustomer(deps.collecting.stripe, customerId, {
    name,
    email,
    address: { line1, line2, city, state, postalCode: account.postal_code, country },
  })
  if (since === null) return
  const refusal = await tellTaxId(deps, customerId, account)
  // What was changed meanwhile is told again.
  await deps.pool.query(
    'UPDATE billing_account SET tell_details_at = NULL, tax_id_refusal = $3 WHERE org_id = $1 AND tell_details_at = $2::timestamptz',
    [orgId, since, refusal],
  )
  if (refusal !== null) deps.log.warn('tax-id-refused', { orgId, reason: refusal })
}

/** Stripe's customer of an organization, made when it is first needed, and told who it is as of now. */
export const ensureAccount = async (deps: CollectDeps, orgId: string): Promise<string> => {
  const { pool, collecting } = deps
  const account = await readAccount(pool, orgId)
  const customerId =
    account.customer ?? (await ensureCustomer(collecting.stripe, { installationId: account.installation, orgId }))
  await tellAccount(deps, orgId, customerId)
  if (account.customer !== null) return account.customer
  const { rows } = await pool.query<{ customer: string }>(
    `INSERT INTO billing_account (org_id, stripe_customer_id, livemode) VALUES ($1, $2, $3)
    ON CONFLICT (org_id) DO UPDATE SET stripe_customer_id = coalesce(billing_account.stripe_customer_id, EXCLUDED.stripe_customer_id),
      livemode = EXCLUDED.livemode, updated_at = now() RETURNING stripe_customer_id AS customer`,
    [orgId, customerId, collecting.livemode],
  )
  return rows[0]?.customer ?? customerId
}

/** Organizations that changed what they say about themselves and have a customer to tell it to. */
export const findUntold = async ({ pool }: CollectDeps): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT org_id AS id FROM billing_account WHERE tell_details_at <= now() AND stripe_customer_id IS NOT NULL ORDER BY tell_details_at',
  )
  return rows.map((row) => row.id)
}

/** Tells Stripe what changed. For a minute nobody else does, and an invoice that waited for a better address is tried again. */
export const tellDetails = async (deps: CollectDeps, orgId: string): Promise<void> => {
  const { rows } = await deps.pool.query<{ customer: string }>(
    `UPDATE billing_account SET tell_details_at = now() + interval '1 minute' WHERE org_id = $1 AND tell_details_at <= now() AND stripe_customer_id IS NOT NULL
    RETURNING stripe_customer_id AS customer`,
    [orgId],
  )
  const [row] = rows
  if (row === undefined) return
  await tellAccount(deps, orgId, row.customer)
  await deps.pool.query(
    `UPDATE invoice_collection SET next_attempt_at = now() WHERE org_id = $1 AND state = 'pushing' AND blocked_reason = 'tax_location'`,
    [orgId],
  )
}

/** Whose customer this is; null for one of somebody else. By our own row, never by what a metadata field says. */
export const findOrganizationOf = async (reader: Reader, customerId: string | null): Promise<string | null> => {
  if (customerId === null) return null
  const { rows } = await reader.query<{ org_id: string }>(
    'SELECT org_id FROM billing_account WHERE stripe_customer_id = $1',
    [customerId],
  )
  return rows[0]?.org_id ?? null
}

/** Writes down the default payment method as Stripe has it. False when the customer is none of ours. */
export const syncCustomer = async ({ pool, collecting }: CollectDeps, customerId: string): Promise<boolean> => {
  const customer = await readCustomer(collecting.stripe, customerId)
  const method = customer.paymentMethod
  const { rowCount } = await pool.query(
    `UPDATE billing_account SET payment_method_id = $2, payment_method_kind = $3, card_brand = $4, card_last4 = $5, card_exp_month = $6, card_exp_year = $7,
      card_fingerprint = $8, payment_method_at = CASE WHEN $2::text IS NULL THEN NULL WHEN payment_method_id IS DISTINCT FROM $2 THEN now() ELSE payment_method_at END,
      tax_location_wanted_at = CASE WHEN $9::text IS NULL THEN tax_location_wanted_at END, updated_at = now()
    WHERE stripe_customer_id = $1`,
    [
      customerId,
      method?.id ?? null,
      method?.kind ?? null,
      method?.brand ?? null,
      method?.last4 ?? null,
      method?.expMonth ?? null,
      method?.expYear ?? null,
      method?.fingerprint ?? null,
      customer.country,
    ],
  )
  return rowCount === 1
}
