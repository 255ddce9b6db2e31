import { newId } from './post-ledger.ts'
import type { Reader } from './transaction.ts'

/** Something a person has to look at. One open incident at most speaks of a kind and subject. */
export interface Incident {
  readonly kind: string
  readonly subject: string
  readonly summary: string
  readonly differencePusd: bigint
  readonly detail: Readonly<Record<string, string | null>>
  /** Null or absent when it concerns the installation. */
  readonly orgId?: string | null
}

/** Opens it, or says anew what the open one says. @returns its id */
export const raiseIncident = async (reader: Reader, incident: Incident): Promise<string> => {
  const { kind, subject, summary, differencePusd, detail, orgId } = incident
  const { rows } = await reader.query<{ id: string }>(
    `INSERT INTO incident (id, kind, subject, summary, difference_pusd, detail, affected_org) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (kind, subject) WHERE closed_at IS NULL DO UPDATE SET summary = EXCLUDED.summary, difference_pusd = EXCLUDED.difference_pusd, detail = EXCLUDED.detail, seen_at = now()
    RETURNING id`,
    [newId(), kind, subject, summary, differencePusd.toString(), JSON.stringify(detail), orgId ?? null],
  )
  const [row] = rows
  if (row === undefined) throw new Error(`The incident of ${subject} was neither opened nor found.`)
  return row.id
}
