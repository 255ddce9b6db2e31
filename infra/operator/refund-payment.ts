import { randomBytes } from 'node:crypto'
import { uuidV7At } from '@atpar/core/ids'
import { formatUsd, parseUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import type { Pool } from '@atpar/db/pool'

export interface RefundRequest {
  /** Connects as the worker's role. */
  readonly pool: Pool
  /** Number of the invoice whose payment goes back. */
  readonly invoiceNumber: string
  /** Decimal dollars; without it all that is left of the payment. */
  readonly amount?: string
  readonly reason: string
  readonly log: (line: string) => void
}

interface PaymentRow {
  readonly id: string
  readonly org_id: string
  readonly left_cents: string
}

/** @throws RangeError for what is no amount of whole cents above zero */
export const toCents = (text: string): bigint => {
  const amount = parseUsd(text)
  if (amount % PUSD_PER_CENT !== 0n || amount <= 0n)
    throw new RangeError(`${text} is no amount of whole cents above zero.`)
  return amount / PUSD_PER_CENT
}

/** The payment with the most left of it. What is requested and not refused is spoken for already. */
const PAYMENT = `
  SELECT p.id, p.org_id, (p.amount_cents - coalesce((SELECT sum(r.amount_cents) FROM refund r
      WHERE r.org_id = p.org_id AND r.payment_id = p.id AND r.state NOT IN ('failed', 'canceled')), 0))::text AS left_cents
  FROM payment p JOIN invoice i ON i.org_id = p.org_id AND i.id = p.invoice_id WHERE i.number = $1 ORDER BY p.amount_cents - p.refunded_cents DESC LIMIT 1 FOR UPDATE OF p`

/**
 * Decides on a refund and leaves the asking to the worker, who does it once and posts it. It is the platform's own expense: what lowers what a customer
 * owes is a credit note.
 * @returns the refund's id
 */
export const refundPayment = async (request: RefundRequest): Promise<string> => {
  const connection = await request.pool.connect()
  try {
    await connection.query('BEGIN')
    const { rows } = await connection.query<PaymentRow>(PAYMENT, [request.invoiceNumber])
    const [payment] = rows
    if (payment === undefined) throw new Error(`Nothing was paid for an invoice ${request.invoiceNumber}.`)
    const left = BigInt(payment.left_cents)
    const cents = request.amount === undefined ? left : toCents(request.amount)
    if (cents <= 0n || cents > left)
      throw new RangeError(`$${formatUsd(pusd(left * PUSD_PER_CENT), 2)} is left of that payment.`)
    const id = uuidV7At(Date.now(), randomBytes(10))
    await connection.query(
      `INSERT INTO refund (id, org_id, payment_id, amount_cents, reason, settles, state) VALUES ($1, $2, $3, $4, $5, 'refunds', 'requested')`,
      [id, payment.org_id, payment.id, cents.toString(), request.reason],
    )
    await connection.query('COMMIT')
    request.log(
      `$${formatUsd(pusd(cents * PUSD_PER_CENT), 2)} of invoice ${request.invoiceNumber} go back: the worker asks Stripe within seconds.`,
    )
    return id
  } catch (error) {
    await connection.query('ROLLBACK')
    throw error
  } finally {
    connection.release()
  }
}
