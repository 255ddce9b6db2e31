import { STRIPE_SECRET_KEY } from './secrets.ts'
import type { RunningSystem } from './start-system.ts'
import type { SeededTenant } from './tenant.ts'

const askStripe = async (
  system: RunningSystem,
  path: string,
  params: Readonly<Record<string, string>>,
): Promise<{ readonly id: string }> => {
  const answer = await fetch(`${system.simulators?.url ?? ''}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${STRIPE_SECRET_KEY}` },
    body: new URLSearchParams(params),
  })
  if (!answer.ok) throw new Error(`Stripe answered ${answer.status} to ${path}: ${await answer.text()}`)
  return (await answer.json()) as { id: string }
}

/** A customer at the simulated Stripe whose card is charged from then on. */
export const giveCard = async (system: RunningSystem, { orgId }: SeededTenant): Promise<void> => {
  const customer = await askStripe(system, 'customers', { 'metadata[org_id]': orgId })
  const card = await askStripe(system, 'payment_methods/pm_card_visa/attach', { customer: customer.id })
  await askStripe(system, `customers/${customer.id}`, { 'invoice_settings[default_payment_method]': card.id })
  await system.owner.query(
    'INSERT INTO billing_account (org_id, stripe_customer_id, livemode) VALUES ($1, $2, false)',
    [orgId, customer.id],
  )
}
