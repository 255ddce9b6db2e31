import { Client } from 'pg'
import { checkArchive, readChunks, type ArchiveChunk, type Manifest } from './import-archive.ts'
import { matchPeople } from './import-people.ts'
import { planTables, type TablePlan } from './import-plan.ts'

export interface ImportOptions {
  /** As the owner of the tables: the services may write none of this. */
  readonly ownerUrl: string
  readonly file: string
}

export interface ImportReport {
  readonly orgId: string
  readonly slug: string
  readonly rows: number
  readonly people: { readonly matched: number; readonly created: number }
  /** Names of the keys that worked there and have to be made anew here: only their hashes were left, and those stay where they were. */
  readonly keysToReissue: readonly string[]
  /** Labels of the providers' accounts and own endpoints that are here without their keys. */
  readonly credentialsToReenter: readonly string[]
  /** Tables that hold nothing but secrets, with their rows. */
  readonly notPortable: Readonly<Record<string, number>>
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A random hash in place of the one that stayed behind: no text has it. */
const RANDOM_HASH = 'sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))'

/** What is written where the archive has nothing, because a row must have it. */
const IN_PLACE_OF_SECRETS: Readonly<Record<string, { readonly columns: string; readonly values: string }>> = {
  api_key: { columns: ', hmac', values: `, ${RANDOM_HASH}` },
  credential: { columns: ', sealed', values: `, ''::bytea` },
}

/**
 * What stays with the installation it comes from, as SQL in place of the archive's value: its customer, card and claims are in another Stripe account, and
 * whoever has two hands on one customer charges it twice. Money that has moved stays on record under the names it moved by.
 */
const LEFT_THERE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Not switched off: one that forbids the platform's account goes on doing so.
  credential: { sealing_key_id: `''`, status: `CASE WHEN r.status = 'disabled' THEN r.status ELSE 'refused' END` },
  api_key: { status: `'revoked'`, revoked_at: 'coalesce(r.revoked_at, now())' },
  billing_account: {
    stripe_customer_id: 'NULL',
    livemode: 'NULL',
    payment_method_id: 'NULL',
    payment_method_kind: 'NULL',
    card_brand: 'NULL',
    card_last4: 'NULL',
    card_exp_month: 'NULL',
    card_exp_year: 'NULL',
    card_fingerprint: 'NULL',
    payment_method_at: 'NULL',
    tax_id_refusal: 'NULL',
    // The customer that is made here has to hear it all.
    tell_details_at: 'now()',
  },
  // What is under way is collected there.
  invoice_collection: {
    state: `CASE WHEN r.state IN ('draft', 'pushing', 'open', 'uncollectible') THEN 'not_collected' ELSE r.state END`,
    stripe_invoice_id: `CASE WHEN r.state IN ('draft', 'pushing', 'open', 'uncollectible') THEN NULL ELSE r.stripe_invoice_id END`,
    hosted_url: 'NULL',
    next_charge_at: 'NULL',
  },
  refund: { state: `CASE WHEN r.state = 'requested' THEN 'canceled' ELSE r.state END` },
  topup: { state: `CASE WHEN r.state IN ('requested', 'pending', 'requires_action') THEN 'canceled' ELSE r.state END` },
  auto_top_up: { is_enabled: 'false' },
}

const insertSql = ({ name, columns, userColumns }: TablePlan): string => {
  const value = (column: string): string => {
    const left = LEFT_THERE[name]?.[column]
    if (left !== undefined) return left
    if (userColumns.includes(column)) return `(SELECT p.here FROM import_person p WHERE p.there = r.${quoted(column)})`
    return `r.${quoted(column)}`
  }
  const extra = IN_PLACE_OF_SECRETS[name] ?? { columns: '', values: '' }
  return `INSERT INTO ${quoted(name)} (${columns.map(quoted).join(', ')}${extra.columns})
    SELECT ${columns.map(value).join(', ')}${extra.values} FROM jsonb_populate_recordset(NULL::${quoted(name)}, $1::jsonb) AS r`
}

/** Where an address is taken a number is added; ids stay. */
const insertOrganization = async (client: Client, { organization }: Manifest, line: string): Promise<string> => {
  const known = await client.query('SELECT 1 FROM organization WHERE id = $1', [organization.id])
  if (known.rowCount !== 0) throw new Error(`${organization.name} is here already, under the id ${organization.id}.`)
  for (let attempt = 1; ; attempt += 1) {
    const slug = attempt === 1 ? organization.slug : `${organization.slug.slice(0, 40)}-${attempt}`
    const { rowCount } = await client.query(
      `INSERT INTO organization (id, slug, name, created_at, require_two_factor) SELECT r.id, $2, r.name, r.created_at, coalesce(r.require_two_factor, false)
      FROM jsonb_populate_record(NULL::organization, $1::jsonb) AS r
      ON CONFLICT (slug) DO NOTHING`,
      [line, slug],
    )
    if (rowCount === 1) return slug
  }
}

const ensurePartitions = async (client: Client): Promise<void> => {
  await client.query('SELECT ensure_usage_partitions(24, 3)')
}

/** What has to be made anew: keys that still worked. */
const workedThere = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => {
    const key = JSON.parse(line) as { readonly name: string; readonly status: string; readonly last_four: string }
    return key.status === 'active' ? [`${key.name} (…${key.last_four})`] : []
  })

/** @throws Error for providers this installation does not know */
const labelsOf = async (client: Client, lines: readonly string[]): Promise<readonly string[]> => {
  const credentials = lines.map((line) => JSON.parse(line) as { readonly label: string; readonly provider_id: string })
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM unnest($1::text[]) AS wanted (id) WHERE NOT EXISTS (SELECT 1 FROM provider p WHERE p.id = wanted.id) GROUP BY id',
    [credentials.map(({ provider_id }) => provider_id)],
  )
  if (rows.length > 0)
    throw new Error(`The export has keys of providers unknown here: ${rows.map(({ id }) => id).join(', ')}.`)
  return credentials.map(({ label, provider_id }) => `${label} (${provider_id})`)
}

interface Progress {
  slug: string
  rows: number
  people: ImportReport['people']
  readonly keysToReissue: string[]
  readonly credentialsToReenter: string[]
}

const takeChunk = async (
  client: Client,
  chunk: ArchiveChunk,
  context: { readonly manifest: Manifest; readonly plans: ReadonlyMap<string, TablePlan>; readonly progress: Progress },
): Promise<void> => {
  const { progress, plans, manifest } = context
  const { table, lines } = chunk
  if (table === 'organization') {
    progress.slug = await insertOrganization(client, manifest, lines[0] ?? '{}')
    return
  }
  if (table === 'app_user') {
    const { matched, created } = await matchPeople(client, lines)
    progress.people = { matched: progress.people.matched + matched, created: progress.people.created + created }
    return
  }
  const plan = plans.get(table)
  if (plan === undefined) return
  if (table === 'credential') progress.credentialsToReenter.push(...(await labelsOf(client, lines)))
  const { rowCount } = await client.query(insertSql(plan), [`[${lines.join(',')}]`])
  progress.rows += rowCount ?? 0
  if (table === 'api_key') progress.keysToReissue.push(...workedThere(lines))
}

/**
 * Brings an organization from another installation here, all or nothing: ids, facts, postings, invoices and the record of acts as they were. People are
 * matched by e-mail or made without a password; keys come revoked, providers' accounts and own endpoints without their keys, and no customer at Stripe comes along. @throws Error when the archive is damaged, of a newer schema, or here already.
 */
export const importOrganization = async ({ ownerUrl, file }: ImportOptions): Promise<ImportReport> => {
  const manifest = await checkArchive(file)
  const client = new Client({ connectionString: ownerUrl, application_name: 'atpar-import' })
  await client.connect()
  try {
    await ensurePartitions(client)
    await client.query('BEGIN')
    await client.query(`SELECT set_config('atpar.org_id', $1, true)`, [manifest.organization.id])
    const { plans, notPortable } = await planTables(client, manifest)
    const progress: Progress = {
      slug: '',
      rows: 0,
      people: { matched: 0, created: 0 },
      keysToReissue: [],
      credentialsToReenter: [],
    }
    for await (const chunk of readChunks(file)) await takeChunk(client, chunk, { manifest, plans, progress })
    await client.query(
      `INSERT INTO audit_log (id, org_id, actor_kind, action, subject_kind, subject_id, after)
       VALUES (new_uuid_v7(), $1::uuid, 'system', 'organization-imported', 'organization', $1, jsonb_build_object('exportedAt', $2::text, 'rows', $3::int))`,
      [manifest.organization.id, manifest.exportedAt, progress.rows],
    )
    await client.query('COMMIT')
    return { orgId: manifest.organization.id, ...progress, notPortable }
  } finally {
    // What was not committed goes with the session.
    await client.end()
  }
}
