import type { Client } from 'pg'
import type { Manifest } from './import-archive.ts'

export interface TablePlan {
  readonly name: string
  readonly columns: readonly string[]
  /** Columns that point at a person, who may have another id here. */
  readonly userColumns: readonly string[]
}

interface TableHere {
  readonly name: string
  readonly columns: readonly string[]
  /** Columns an insert has to give. */
  readonly needed: readonly string[]
  readonly userColumns: readonly string[]
  readonly parents: readonly string[]
}

const TABLES_HERE = `
  SELECT c.relname AS name, array_agg(a.attname::text) AS columns,
    coalesce(array_agg(a.attname::text) FILTER (WHERE a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''), '{}') AS needed,
    coalesce((SELECT array_agg(u.attname::text) FROM pg_constraint con JOIN pg_attribute u ON u.attrelid = con.conrelid AND u.attnum = con.conkey[1]
      WHERE con.conrelid = c.oid AND con.contype = 'f' AND con.confrelid = 'app_user'::regclass), '{}') AS "userColumns",
    coalesce((SELECT array_agg(p.relname::text) FROM pg_constraint con JOIN pg_class p ON p.oid = con.confrelid WHERE con.conrelid = c.oid AND con.contype = 'f'), '{}') AS parents
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname = ANY ($1) GROUP BY c.oid, c.relname`

/** Not rows of a table here: the organization and its people are matched, prices are for whoever checks an invoice, and operators are another house's. */
const MATCHED = new Set(['organization', 'app_user', 'price_version', 'support_access'])
/** A missing hash is replaced by a random one, because usage points at keys; a missing seal by an empty one, because endpoints and their models do. */
const REPLACED: Readonly<Record<string, readonly string[]>> = { api_key: ['hmac'], credential: ['sealed'] }

export interface ImportPlan {
  readonly plans: ReadonlyMap<string, TablePlan>
  readonly notPortable: Readonly<Record<string, number>>
}

/** Which files go into which table. @throws Error when the archive knows a table or a column that this version does not. */
export const planTables = async (client: Client, manifest: Manifest): Promise<ImportPlan> => {
  const names = Object.keys(manifest.tables).filter((name) => !MATCHED.has(name))
  const { rows } = await client.query<TableHere>(TABLES_HERE, [names])
  const here = new Map(rows.map((table) => [table.name, table]))
  const plans = new Map<string, TablePlan>()
  const notPortable: Record<string, number> = {}
  const refused = new Set<string>()
  // In the manifest's order: a table comes after those it points at.
  for (const name of names) {
    const told = manifest.tables[name]
    const table = here.get(name)
    if (told === undefined) continue
    const unknown = told.columns.filter((column) => table?.columns.includes(column) !== true)
    if (table === undefined || unknown.length > 0)
      throw new Error(
        `The export comes from a newer version: ${name}${unknown.length > 0 ? ` has ${unknown.join(', ')}` : ''}, unknown here.`,
      )
    const missing = table.needed.filter(
      (column) => !told.columns.includes(column) && REPLACED[name]?.includes(column) !== true,
    )
    if (missing.length > 0 || table.parents.some((parent) => refused.has(parent))) {
      refused.add(name)
      if (told.rows > 0) notPortable[name] = told.rows
      continue
    }
    plans.set(name, { name, columns: told.columns, userColumns: table.userColumns })
  }
  return { plans, notPortable }
}
