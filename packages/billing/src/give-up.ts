import type { Stripe } from 'stripe'
import { classifyFailure } from './failure.ts'

/**
 * Tells Stripe that an invoice is given up: it is charged no more, and can still be paid on its page. Safe to repeat; one that was paid, voided or given
 * up meanwhile stays what it is, and its caller reads it again.
 */
export const markUncollectible = async (stripe: Stripe, stripeInvoiceId: string): Promise<void> => {
  try {
    await stripe.invoices.markUncollectible(stripeInvoiceId)
  } catch (error) {
    if (classifyFailure(error) !== 'refused') throw error
    const { status } = await stripe.invoices.retrieve(stripeInvoiceId)
    if (status === 'open' || status === 'draft') throw error
  }
}
