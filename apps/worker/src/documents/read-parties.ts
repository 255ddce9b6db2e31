import { z } from 'zod'
import type { Reader } from '../billing/transaction.ts'
import type { Party } from './document-model.ts'

/** Platform setting with the company that issues invoices: `{"name": …, "details": ["street", "VAT …"]}`. */
const SELLER_SETTING = 'invoice_seller'
const DEFAULT_SELLER: Party = { name: 'Atpar', details: [] }

const sellerSchema = z.object({ name: z.string().min(1), details: z.array(z.string()).default([]) })

export const readSeller = async (reader: Reader): Promise<Party> => {
  const { rows } = await reader.query<{ value: unknown }>('SELECT value FROM platform_setting WHERE key = $1', [
    SELLER_SETTING,
  ])
  return rows[0] === undefined ? DEFAULT_SELLER : sellerSchema.parse(rows[0].value)
}

/** As the organization's billing details say; its name alone where there are none. */
export const readBuyer = async (reader: Reader, orgId: string): Promise<Party> => {
  const { rows } = await reader.query<{ name: string; details: readonly string[] }>(
    `SELECT coalesce(b.legal_name, o.name) AS name,
      array_remove(ARRAY[b.line1, b.line2, nullif(concat_ws(' ', b.postal_code, b.city, b.state), ''), b.country, b.tax_id], NULL) AS details
    FROM organization o LEFT JOIN billing_account b ON b.org_id = o.id WHERE o.id = $1`,
    [orgId],
  )
  if (rows[0] === undefined) throw new Error(`There is no organization ${orgId}.`)
  return rows[0]
}
