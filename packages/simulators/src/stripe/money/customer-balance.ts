import { emit } from '../events.ts'
import type { Customer, CustomerBalanceTransaction } from '../objects.ts'
import type { World } from '../world.ts'

/** Moves a customer's balance: positive is what they owe, negative is credit. */
export function changeBalance(
  world: World,
  customer: Customer,
  change: {
    amount: number
    type: CustomerBalanceTransaction['type']
    invoice?: string
    creditNote?: string
    description?: string | null
    metadata?: Record<string, string>
    currency?: string
  },
): CustomerBalanceTransaction {
  customer.balance += change.amount
  const transaction: CustomerBalanceTransaction = {
    id: world.newId('cbtxn'),
    object: 'customer_balance_transaction',
    amount: change.amount,
    checkout_session: null,
    created: world.now(),
    credit_note: change.creditNote ?? null,
    currency: change.currency ?? customer.currency ?? 'usd',
    customer: customer.id,
    customer_account: null,
    description: change.description ?? null,
    ending_balance: customer.balance,
    invoice: change.invoice ?? null,
    livemode: false,
    metadata: change.metadata ?? {},
    type: change.type,
  }
  world.tables.customerBalanceTransactions.set(transaction.id, transaction)
  emit(world, 'customer.updated', customer)
  return transaction
}
