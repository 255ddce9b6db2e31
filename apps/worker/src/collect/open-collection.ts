import type { Connection } from '../billing/transaction.ts'

/**
 * Puts an invoice that was just issued on the list of what is to be collected; in the transaction that issues it. One that is carried forward is asked of
 * nobody. A prepaid balance may take its share off `amount_cents` before the push, in this transaction or until the first attempt.
 */
export const openCollection = async (
  connection: Connection,
  issued: { readonly orgId: string; readonly invoiceId: string; readonly totalCents: bigint },
): Promise<void> => {
  await connection.query(
    `INSERT INTO invoice_collection (invoice_id, org_id, state, amount_cents) VALUES ($1, $2, $3, $4)`,
    [
      issued.invoiceId,
      issued.orgId,
      issued.totalCents === 0n ? 'not_collected' : 'draft',
      issued.totalCents.toString(),
    ],
  )
}
