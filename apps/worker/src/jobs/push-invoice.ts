import type { JobPayload } from '@atpar/queue/catalog'
import { collectDeps } from '../collect/collect-deps.ts'
import { pushInvoice as pushToStripe } from '../collect/push-invoice.ts'
import type { Deps } from '../deps.ts'

/** Brings one invoice to Stripe now; the sweep finds it within seconds anyway. */
export const pushInvoice = async (deps: Deps, { invoiceId }: JobPayload<'push-invoice'>): Promise<void> => {
  const collect = await collectDeps(deps)
  if (collect !== null) await pushToStripe(collect, invoiceId)
}
