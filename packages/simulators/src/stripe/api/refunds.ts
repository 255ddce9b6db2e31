import { z } from 'zod'

import { emit } from '../events.ts'
import { createRefund } from '../money/refund.ts'
import { applyMetadata, boolean, integer, listing, metadata, text } from '../params.ts'
import { refuseParameter } from '../refusal.ts'
import { idOf } from '../world.ts'
import { find, many, one, type Route } from './route.ts'

export const refundRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/refunds' },
    {
      amount: integer.optional(),
      charge: text.optional(),
      metadata: metadata.optional(),
      payment_intent: text.optional(),
      reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
      refund_application_fee: boolean.optional(),
      reverse_transfer: boolean.optional(),
    },
    (world, { amount, charge: chargeId, payment_intent: intentId, metadata: given, reason }) => {
      if (chargeId === undefined && intentId === undefined) {
        throw refuseParameter(
          'One of the following params should be provided for this request: payment_intent or charge.',
          {
            code: 'parameter_missing',
          },
        )
      }
      const intent =
        intentId === undefined
          ? undefined
          : find(world.tables.paymentIntents, intentId, 'payment_intent', 'payment_intent')
      const charge = find(world.tables.charges, chargeId ?? idOf(intent?.latest_charge) ?? '', 'charge', 'charge')
      return createRefund(world, charge, { amount, reason: reason ?? null, metadata: applyMetadata({}, given) })
    },
  ),
  many(
    '/v1/refunds',
    { ...listing, charge: text.optional(), payment_intent: text.optional() },
    (world, { charge, payment_intent: intent }) => ({
      items: [...world.tables.refunds.values()].filter(
        (one) =>
          (charge === undefined || one.charge === charge) && (intent === undefined || one.payment_intent === intent),
      ),
    }),
  ),
  one({ method: 'GET', path: '/v1/refunds/:id' }, {}, (world, _, { ids: [id] }) =>
    find(world.tables.refunds, id, 'refund'),
  ),
  one(
    { method: 'POST', path: '/v1/refunds/:id' },
    { metadata: metadata.optional() },
    (world, { metadata: given }, { ids: [id] }) => {
      const refund = find(world.tables.refunds, id, 'refund')
      refund.metadata = applyMetadata(refund.metadata, given)
      emit(world, 'refund.updated', refund)
      return refund
    },
  ),
]
