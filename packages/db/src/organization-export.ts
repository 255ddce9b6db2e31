import { createHash } from 'node:crypto'
import type { Db, Tx } from './client.ts'
import { withTenantSnapshot, type Tenant } from './tenant.ts'

/** What one file of an export holds. */
export interface ExportedTable {
  readonly rows: number
  readonly columns: readonly string[]
  /** Columns that stay here because they are secrets, or the means to check one. */
  readonly withheld: readonly string[]
  /** Over all lines of the table in their order, each with its line feed. */
  readonly sha256: string
}

export interface ExportManifest {
  readonly format: typeof EXPORT_FORMAT
  readonly exportedAt: string
  readonly organization: { readonly id: string; readonly slug: string; readonly name: string }
  /** In an order in which they can be read back: what is pointed at comes first. */
  readonly tables: Readonly<Record<string, ExportedTable>>
}

export const EXPORT_FORMAT = 'atpar-organization-1'

/** Lines of JSON, at most `CHUNK` of them. Amounts and counters are texts, because JSON numbers are floats. */
export interface ExportChunk {
  readonly table: string
  readonly number: number
  readonly lines: readonly string[]
}

const CHUNK = 2_000

/** Sealed answers of the API may hold a key, and the end of the chain follows from the record itself. */
const LEFT_OUT: ReadonlySet<string> = new Set(['management_answer', 'audit_head', 'change_log'])

interface TableShape {
  readonly name: string
  readonly readable: readonly string[]
  readonly withheld: readonly string[]
  readonly exact: readonly string[]
  readonly parents: readonly string[]
  readonly primaryKey: readonly string[]
}

/** From the catalogue, so that tables that are added later are not forgotten: the role's own grants say what is a secret. */
const SHAPES = `
  SELECT c.relname AS name,
    (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'SELECT')) AS readable,
    coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT')), '{}') AS withheld,
    coalesce((SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.atttypid IN ('bigint'::regtype, 'numeric'::regtype)), '{}') AS exact,
    coalesce((SELECT array_agg(DISTINCT p.relname::text) FROM pg_constraint con JOIN pg_class p ON p.oid = con.confrelid WHERE con.conrelid = c.oid AND con.contype = 'f' AND con.confrelid <> c.oid), '{}') AS parents,
    coalesce((SELECT array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum)) FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = c.oid AND i.indisprimary), '{}') AS "primaryKey"
  FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped)
    AND has_any_column_privilege(c.oid, 'SELECT')
  ORDER BY c.relname`

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** What is pointed at before what points. */
const inOrder = (shapes: readonly TableShape[]): readonly TableShape[] => {
  const waiting = new Map(shapes.map((shape) => [shape.name, shape]))
  const done: TableShape[] = []
  while (waiting.size > 0) {
    const ready = [...waiting.values()].filter((shape) => !shape.parents.some((parent) => waiting.has(parent)))
    if (ready.length === 0) throw new Error(`These tables point at one another: ${[...waiting.keys()].join(', ')}`)
    for (const shape of ready) {
      done.push(shape)
      waiting.delete(shape.name)
    }
  }
  return done
}

const selectLines = (shape: TableShape): string => {
  const columns = shape.readable.map((column) =>
    shape.exact.includes(column) ? `${quoted(column)}::text AS ${quoted(column)}` : quoted(column),
  )
  // The record of acts is a chain and has to come back as one.
  const order = shape.name === 'audit_log' ? ['sequence'] : shape.primaryKey
  const orderBy = order.length === 0 ? '' : ` ORDER BY ${order.map((column) => `t.${quoted(column)}`).join(', ')}`
  return `SELECT (SELECT to_jsonb(line) FROM (SELECT ${columns.map((column) => `t.${column}`).join(', ')}) AS line)::text AS line FROM ${quoted(shape.name)} AS t`.concat(
    shape.name === 'organization' ? ' WHERE t.id = $1::uuid' : ' WHERE t.org_id = $1::uuid',
    orderBy,
  )
}

const PEOPLE = `SELECT jsonb_build_object('id', u.id, 'email', u.email, 'name', u.name)::text AS line FROM app_user u
  WHERE u.id IN (SELECT m.user_id FROM membership m WHERE m.org_id = $1::uuid) ORDER BY u.id`

const ORGANIZATION_COLUMNS = ['id', 'slug', 'name', 'created_at', 'require_two_factor']
const ORGANIZATION = `SELECT jsonb_build_object('id', o.id, 'slug', o.slug, 'name', o.name, 'created_at', o.created_at, 'require_two_factor', o.require_two_factor)::text AS line FROM organization o WHERE o.id = $1::uuid`

/** The list prices that this organization's usage was priced by: what is needed to compute its invoices again. */
const PRICES = `SELECT jsonb_build_object('offering_id', p.offering_id, 'bucket', p.bucket, 'amount_pusd', p.amount_pusd::text, 'per_units', p.per_units::text,
    'context_from', p.context_from, 'service_tier', p.service_tier, 'window_from_minute', p.window_from_minute, 'window_to_minute', p.window_to_minute,
    'from_book', p.price_book_id, 'retired_book', p.retired_book_id, 'source_url', p.source_url, 'checked_on', p.checked_on)::text AS line
  FROM price_version p WHERE p.offering_id IN (SELECT DISTINCT e.offering_id FROM usage_event e WHERE e.org_id = $1::uuid) ORDER BY p.id`

interface Source {
  readonly name: string
  readonly sql: string
  readonly columns: readonly string[]
  readonly withheld: readonly string[]
}

const readSources = async (tx: Tx): Promise<readonly Source[]> => {
  const shapes = (await tx.$queryRawUnsafe<TableShape[]>(SHAPES)).filter((shape) => !LEFT_OUT.has(shape.name))
  return [
    { name: 'organization', sql: ORGANIZATION, columns: ORGANIZATION_COLUMNS, withheld: [] },
    { name: 'app_user', sql: PEOPLE, columns: ['id', 'email', 'name'], withheld: ['password_hash'] },
    { name: 'price_version', sql: PRICES, columns: [], withheld: [] },
    ...inOrder(shapes).map((shape) => ({
      name: shape.name,
      sql: selectLines(shape),
      columns: shape.readable,
      withheld: shape.withheld,
    })),
  ]
}

const exportSource = async (
  tx: Tx,
  source: Source & { readonly orgId: string },
  write: (chunk: ExportChunk) => Promise<void>,
): Promise<ExportedTable> => {
  const hash = createHash('sha256')
  let rows = 0
  // The organization is an id that was checked; a cursor takes no parameters through this driver.
  await tx.$executeRawUnsafe(
    `DECLARE exported NO SCROLL CURSOR FOR ${source.sql.replaceAll('$1', `'${source.orgId}'`)}`,
  )
  for (let number = 1; ; number += 1) {
    const page = await tx.$queryRawUnsafe<{ line: string }[]>(`FETCH ${CHUNK} FROM exported`)
    if (page.length === 0) break
    const lines = page.map(({ line }) => line)
    for (const line of lines) hash.update(line).update('\n')
    rows += lines.length
    await write({ table: source.name, number, lines })
  }
  await tx.$executeRawUnsafe('CLOSE exported')
  return { rows, columns: source.columns, withheld: source.withheld, sha256: hash.digest('hex') }
}

/**
 * Reads everything that belongs to one organization in one snapshot, table by table, and hands it on in chunks; memory stays bounded whatever its size.
 * Secrets are left out by the grants of the role itself. @returns the manifest, to be written last.
 */
export const exportOrganization = (
  db: Db,
  tenant: Tenant,
  write: (chunk: ExportChunk) => Promise<void>,
): Promise<ExportManifest> =>
  withTenantSnapshot(db, tenant, async (tx) => {
    const organization = await tx.organization.findUniqueOrThrow({
      where: { id: tenant.orgId },
      select: { id: true, slug: true, name: true },
    })
    const tables: Record<string, ExportedTable> = {}
    for (const source of await readSources(tx))
      tables[source.name] = await exportSource(tx, { ...source, orgId: tenant.orgId }, write)
    return { format: EXPORT_FORMAT, exportedAt: new Date().toISOString(), organization, tables }
  })
