import { composeInterimInvoice, invoiceNumber } from '@atpar/core/invoice'
import type { Pool } from '@atpar/db/pool'
import { PERIOD_CLOSE_LOCK } from '@atpar/db/usage-ingest'
import { issueDocument } from '../documents/issue-document.ts'
import { isPlatform, readInterimClaims, readOrganization, writeInvoice } from './close-period.ts'
import { readEvidence } from './evidence.ts'
import { newId, postMissingUsage } from './post-ledger.ts'
import { prepareWitness } from './prove-frozen.ts'
import { inTransaction, lockLedger, type Connection } from './transaction.ts'
import { readInvoiceUsage, type OrgPeriod } from './usage-figures.ts'

export interface InterimInput extends OrgPeriod {
  readonly nowMs: number
  readonly minimumCents: bigint
  /** As for the invoice of the month: see `closePeriod`. */
  readonly documentWaitsForTax?: boolean
}

export interface InterimInvoice {
  readonly id: string
  readonly number: string
  readonly totalCents: bigint
}

const isClosed = async (connection: Connection, { orgId, period }: OrgPeriod): Promise<boolean> => {
  const { rowCount } = await connection.query('SELECT 1 FROM period_close WHERE org_id = $1 AND period = $2::date', [
    orgId,
    period,
  ])
  return rowCount !== 0
}

/**
 * Claims the usage of a running month so far, less what was claimed before. Events are not bound to it: they belong to the invoice of the month, which
 * lists all of them and takes this claim off, so that a late or corrected event needs no second place. Null when there is too little to claim.
 */
export const issueInterim = async (pool: Pool, input: InterimInput): Promise<InterimInvoice | null> => {
  // Outside of the lock, where it keeps nobody waiting.
  await prepareWitness(pool, input)
  const invoice = await claim(pool, input)
  if (invoice !== null && input.documentWaitsForTax !== true)
    await issueDocument(pool, { orgId: input.orgId, invoiceId: invoice.id, taxCents: null })
  return invoice
}

const claim = (pool: Pool, input: InterimInput): Promise<InterimInvoice | null> =>
  inTransaction(pool, async (connection) => {
    // Sums and evidence speak of the same events only while none comes in.
    await connection.query(`SELECT pg_advisory_xact_lock(${PERIOD_CLOSE_LOCK})`)
    await lockLedger(connection, input.orgId)
    if (await isClosed(connection, input)) return null
    await postMissingUsage(connection, input.orgId)
    const { claimedPusd, lastSequence } = await readInterimClaims(connection, input)
    const usage = await readInvoiceUsage(connection, input)
    const invoice = composeInterimInvoice({
      period: input.period,
      usage: usage.filter(isPlatform),
      interimPusd: claimedPusd,
      minimumCents: input.minimumCents,
    })
    if (invoice.status === 'carried') return null
    const organization = await readOrganization(connection, input.orgId)
    const witness = await prepareWitness(connection, input)
    const evidence = await readEvidence(connection, input, { witness })
    const sequence = lastSequence + 1
    const number = invoiceNumber(organization.slug, input.period, sequence)
    const id = newId()
    await writeInvoice(connection, input, { id, sequence, number, invoice, usage, evidence })
    await connection.query('INSERT INTO interim_notice (invoice_id, org_id) VALUES ($1, $2)', [id, input.orgId])
    return { id, number, totalCents: invoice.totalCents }
  })
