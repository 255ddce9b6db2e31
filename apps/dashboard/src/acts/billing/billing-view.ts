import type { readBillingAct } from './read-billing.ts'

/** What the billing page and the notice above every page are made of. */
export type BillingView = Awaited<ReturnType<typeof readBillingAct>>
