import { accountRoutes } from './account.ts'
import { checkoutRoutes } from './checkout.ts'
import { creditNoteRoutes } from './credit-notes.ts'
import { customerRoutes } from './customers.ts'
import { eventRoutes } from './events.ts'
import { invoiceItemRoutes } from './invoice-items.ts'
import { invoiceRoutes } from './invoices.ts'
import { paymentIntentRoutes } from './payment-intents.ts'
import { paymentMethodRoutes } from './payment-methods.ts'
import { portalRoutes } from './portal.ts'
import { refundRoutes } from './refunds.ts'
import type { Route } from './route.ts'
import { setupIntentRoutes } from './setup-intents.ts'
import { taxIdRoutes } from './tax-ids.ts'

const ROUTES: readonly Route[] = [
  ...accountRoutes,
  ...checkoutRoutes,
  ...creditNoteRoutes,
  ...customerRoutes,
  ...eventRoutes,
  ...invoiceItemRoutes,
  ...invoiceRoutes,
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...portalRoutes,
  ...refundRoutes,
  ...setupIntentRoutes,
  ...taxIdRoutes,
]

const TABLE = ROUTES.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(':id', '([^/]+)')}$`),
  // A word in the path goes before an id: `/v1/invoices/search` is no invoice.
  ids: route.path.split(':id').length - 1,
})).toSorted((a, b) => a.ids - b.ids)

export function findRoute(method: string, path: string): { route: Route; ids: string[] } | undefined {
  for (const { route, pattern } of TABLE) {
    if (route.method !== method) continue
    const match = pattern.exec(path)
    if (match !== null) return { route, ids: match.slice(1).map(decodeURIComponent) }
  }
  return undefined
}
