import type { PortalSession } from '../objects.ts'
import { ignored, text } from '../params.ts'
import { find, one, type Route } from './route.ts'

export const portalRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/billing_portal/sessions' },
    {
      after_expiration: ignored,
      configuration: text.optional(),
      customer: text,
      flow_data: ignored,
      locale: ignored,
      return_url: text.optional(),
    },
    (world, { customer: customerId, configuration, return_url: returnUrl }) => {
      const customer = find(world.tables.customers, customerId, 'customer', 'customer')
      const id = world.newId('bps')
      const session: PortalSession = {
        id,
        object: 'billing_portal.session',
        configuration: configuration ?? 'bpc_simulated',
        created: world.now(),
        customer: customer.id,
        customer_account: null,
        flow: null,
        livemode: false,
        locale: null,
        on_behalf_of: null,
        return_url: returnUrl ?? null,
        url: `${world.baseUrl}/stripe/portal/${id}`,
      }
      world.tables.portalSessions.set(id, session)
      return session
    },
  ),
]
