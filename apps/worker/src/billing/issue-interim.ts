import { createHash } from 'node:crypto'
import { composeInterimInvoice, invoiceNumber } from '@atpar/core/invoice'
import type { Pool } from '@atpar/db/pool'
import { PERIOD_CLOSE_LOCK } from '@atpar/db/usage-ingest'
import { readInterimClaims, readOrganization, writeInvoice } from './close-period.ts'
import { renderInvoice } from './invoice-document.ts'
import { newId, postMissingUsage } from './post-ledger.ts'
import { inTransaction, lockLedger, type Connection } from './transaction.ts'
import { EVIDENCE_RULE, readEvidence, readInvoiceUsage, type OrgPeriod } from './usage-figures.ts'

export interface InterimInput extends OrgPeriod {
  readonly nowMs: number
  readonly minimumCents: bigint
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
export const issueInterim = (pool: Pool, input: InterimInput): Promise<InterimInvoice | null> =>
  inTransaction(pool, async (connection) => {
    // Sums and evidence speak of the same events only while none comes in.
    await connection.query(`SELECT pg_advisory_xact_lock(${PERIOD_CLOSE_LOCK})`)
    await lockLedger(connection, input.orgId)
    if (await isClosed(connection, input)) return null
    await postMissingUsage(connection, input.orgId)
    const { claimedPusd, lastSequence } = await readInterimClaims(connection, input)
    const invoice = composeInterimInvoice({
      period: input.period,
      usage: await readInvoiceUsage(connection, input),
      interimPusd: claimedPusd,
      minimumCents: input.minimumCents,
    })
    if (invoice.status === 'carried') return null
    const organization = await readOrganization(connection, input.orgId)
    const evidence = await readEvidence(connection, input)
    const sequence = lastSequence + 1
    const number = invoiceNumber(organization.slug, input.period, sequence)
    const html = renderInvoice({
      number,
      orgName: organization.name,
      period: input.period,
      issuedAtMs: input.nowMs,
      invoice,
      evidence: { ...evidence, rule: EVIDENCE_RULE },
    })
    const id = newId()
    const hash = createHash('sha256').update(html).digest()
    await writeInvoice(connection, input, { id, sequence, number, invoice, evidence, html, hash })
    return { id, number, totalCents: invoice.totalCents }
  })
