import type { BalanceTransaction } from '../objects.ts'
import type { World } from '../world.ts'

/** Stripe's US card price: 2.9 % and 30 cents. In basis points, so that no fraction is ever held. */
const FEE_BASIS_POINTS = 290
const FEE_FIXED_CENTS = 30
/** What a dispute costs, won or lost. */
const DISPUTE_FEE_CENTS = 1_500
const SECONDS_UNTIL_AVAILABLE = 2 * 86_400

interface Movement {
  type: 'adjustment' | 'charge' | 'refund' | 'refund_failure'
  reportingCategory: 'charge' | 'dispute' | 'dispute_reversal' | 'refund' | 'refund_failure'
  /** Positive into the account. */
  amount: number
  currency: string
  fee: number
  description: string | null
  source: string
}

/** What Stripe keeps of a charge, half a cent rounded up. */
export function feeOfCharge(amountCents: number): number {
  return Math.floor((amountCents * FEE_BASIS_POINTS + 5_000) / 10_000) + FEE_FIXED_CENTS
}

/** Moves money on the account; the only place that does. */
function move(world: World, movement: Movement): BalanceTransaction {
  const { type, reportingCategory, amount, currency, fee, description, source } = movement
  const created = world.now()
  const isCharge = type === 'charge'
  const transaction: BalanceTransaction = {
    id: world.newId('txn'),
    object: 'balance_transaction',
    amount,
    available_on: created + (isCharge ? SECONDS_UNTIL_AVAILABLE : 0),
    balance_type: 'payments',
    created,
    currency,
    description,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency,
              description: isCharge ? 'Stripe processing fees' : 'Dispute fee',
              type: 'stripe_fee',
            },
          ],
    net: amount - fee,
    reporting_category: reportingCategory,
    source,
    status: isCharge ? 'pending' : 'available',
    type,
  }
  world.tables.balanceTransactions.set(transaction.id, transaction)
  return transaction
}

interface Cause {
  id: string
  amount: number
  currency: string
  description: string | null
}

export function bookCharge(world: World, { id, amount, currency, description }: Cause): BalanceTransaction {
  return move(world, {
    type: 'charge',
    reportingCategory: 'charge',
    amount,
    currency,
    fee: feeOfCharge(amount),
    description,
    source: id,
  })
}

/** Stripe does not give its fee back. */
export function bookRefund(world: World, { id, amount, currency, description }: Cause): BalanceTransaction {
  return move(world, {
    type: 'refund',
    reportingCategory: 'refund',
    amount: -amount,
    currency,
    fee: 0,
    description,
    source: id,
  })
}

export function bookRefundFailure(world: World, { id, amount, currency, description }: Cause): BalanceTransaction {
  return move(world, {
    type: 'refund_failure',
    reportingCategory: 'refund_failure',
    amount,
    currency,
    fee: 0,
    description,
    source: id,
  })
}

export function bookDispute(world: World, { id, amount, currency, description }: Cause): BalanceTransaction {
  return move(world, {
    type: 'adjustment',
    reportingCategory: 'dispute',
    amount: -amount,
    currency,
    fee: DISPUTE_FEE_CENTS,
    description,
    source: id,
  })
}

/** The amount comes back, the fee does not. */
export function bookDisputeReversal(world: World, { id, amount, currency, description }: Cause): BalanceTransaction {
  return move(world, {
    type: 'adjustment',
    reportingCategory: 'dispute_reversal',
    amount,
    currency,
    fee: 0,
    description,
    source: id,
  })
}

/** Charges become available two days after they were made. */
export function settleBalance(world: World): void {
  const now = world.now()
  for (const transaction of world.tables.balanceTransactions.values()) {
    if (transaction.status === 'pending' && transaction.available_on <= now) transaction.status = 'available'
  }
}
