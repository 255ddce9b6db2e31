import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import type { Reader } from '../billing/transaction.ts'
import type { KnownPayment } from './find-payment.ts'

export interface DisputeEvidence {
  readonly productDescription: string
  /** For the bank: what was used, when, from where, and how to check it. */
  readonly text: string
}

interface InvoiceRow {
  readonly number: string
  readonly period: string
  readonly total_cents: string
  readonly event_count: string
  readonly issued_at: Date
  readonly document: string
  readonly events: string | null
}

const PRODUCT =
  'Atpar: metered access to AI models through one API. Each line of an invoice is units used times list price.'

const readInvoice = async (reader: Reader, { orgId, invoiceId }: KnownPayment): Promise<InvoiceRow | undefined> => {
  const { rows } = await reader.query<InvoiceRow>(
    `SELECT number, to_char(period, 'YYYY-MM') AS period, total_cents::text, event_count::text, issued_at, encode(document_sha256, 'hex') AS document, evidence ->> 'sha256' AS events
    FROM invoice WHERE org_id = $1 AND id = $2`,
    [orgId, invoiceId],
  )
  return rows[0]
}

const readUse = async (reader: Reader, { orgId, invoiceId }: KnownPayment): Promise<readonly string[]> => {
  const { rows } = await reader.query<{ line: string }>(
    `SELECT to_char(min(r.hour) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' to ' || to_char(max(r.hour) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC: '
      || sum(r.requests) || ' requests for ' || r.model_id AS line
    FROM usage_rollup_hourly r JOIN invoice i ON i.org_id = r.org_id AND i.period = r.invoice_period
    WHERE i.org_id = $1 AND i.id = $2 AND r.funding = 'platform' GROUP BY r.model_id ORDER BY sum(r.billed_pusd) DESC LIMIT 50`,
    [orgId, invoiceId],
  )
  return rows.map((row) => row.line)
}

const readAddresses = async (reader: Reader, orgId: string): Promise<readonly string[]> => {
  const { rows } = await reader.query<{ ip: string }>(
    `SELECT ip FROM audit_log WHERE org_id = $1 AND ip IS NOT NULL GROUP BY ip ORDER BY count(*) DESC LIMIT 20`,
    [orgId],
  )
  return rows.map((row) => row.ip)
}

/** What speaks for us, from our own records. No prompt and no completion is among them: none is kept. */
export const buildEvidence = async (reader: Reader, payment: KnownPayment): Promise<DisputeEvidence> => {
  const invoice = payment.invoiceId === null ? undefined : await readInvoice(reader, payment)
  const about =
    invoice === undefined
      ? ['The charge topped up a prepaid balance, at the customer’s request.']
      : [
          `Invoice ${invoice.number} over $${formatUsd(pusd(BigInt(invoice.total_cents) * PUSD_PER_CENT), 2)} for ${invoice.period}, issued ${invoice.issued_at.toISOString()}.`,
          `SHA-256 of the document as issued: ${invoice.document}`,
          `It bills ${invoice.event_count} usage events. SHA-256 over all of them: ${invoice.events ?? 'none'}`,
          'The customer has the document, every event and the prices, and a program that recomputes the total from them without us.',
          '',
          'Use:',
          ...(await readUse(reader, payment)),
        ]
  const addresses = await readAddresses(reader, payment.orgId)
  return {
    productDescription: PRODUCT,
    text: [
      ...about,
      '',
      `Addresses from which the account was managed: ${addresses.join(', ') || 'none on record'}`,
    ].join('\n'),
  }
}
