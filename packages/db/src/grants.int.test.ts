import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
// By path, not by package: the testkit builds on this package.
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { createPool, type Pool } from './pool.ts'

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

let database: TestDatabase
let owner: Pool

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
}, 90_000)

afterAll(async () => {
  await owner.end()
  await database.drop()
})

const names = async (sql: string, values: unknown[] = []): Promise<readonly string[]> =>
  (await owner.query<{ name: string }>(sql, values)).rows.map((row) => row.name)

/** Runs `statement` and undoes it, whatever came of it. */
const withStatement = async <T>(statement: string, work: () => Promise<T>): Promise<T> => {
  await owner.query(statement)
  return work()
}

const UNPROTECTED = `
  SELECT c.relname AS name FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND (c.relname IN ('organization', 'app_user', 'user_session')
      OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('org_id', 'user_id') AND NOT a.attisdropped))
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))
  ORDER BY 1`

const PARTITIONS_WITH_GRANTS = `
  SELECT DISTINCT c.relname AS name FROM pg_class c, aclexplode(c.relacl) AS granted
  WHERE c.relispartition AND c.relkind = 'r' AND granted.grantee <> c.relowner ORDER BY 1`

const TENANT_TABLES = `
  SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`

describe('every table and partition of a tenant', () => {
  it('has row-level security, forced, with policies', async () => {
    expect(await names(UNPROTECTED)).toEqual([])
    expect((await names(TENANT_TABLES)).length).toBeGreaterThan(25)
  })

  it('is found by this test when it has none', async () => {
    await withStatement('CREATE TABLE forgotten (id uuid, org_id uuid)', async () => {
      expect(await names(UNPROTECTED)).toEqual(['forgotten'])
    })
    await owner.query('DROP TABLE forgotten')
  })

  it('has no policy that shows everything to the app or the gateway', async () => {
    const open = await names(`
      SELECT p.tablename || '.' || p.policyname AS name FROM pg_policies p
      WHERE p.qual = 'true' AND p.roles && '{public,atpar_app,atpar_gateway}'::name[] AND p.tablename <> 'change_log' ORDER BY 1`)
    expect(open).toEqual([])
  })

  it('is indexed under each of its foreign keys', async () => {
    const unindexed = await names(`
      SELECT con.conrelid::regclass || '.' || con.conname AS name FROM pg_constraint con
      WHERE con.contype = 'f' AND con.connamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = con.conrelid AND i.indpred IS NULL
          AND (SELECT array_agg(k ORDER BY k) FROM unnest(con.conkey) AS k)
            = (SELECT array_agg(k ORDER BY k) FROM unnest((i.indkey::int2[])[0:cardinality(con.conkey) - 1]) AS k))
      ORDER BY 1`)
    expect(unindexed).toEqual([])
  })
})

describe('partitions of usage_event', () => {
  const partitions = `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'usage_event'::regclass ORDER BY 1`
  const monthName = (monthsAhead: number): string => {
    const now = new Date()
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + monthsAhead, 1))
    return `usage_event_${month.toISOString().slice(0, 7).replace('-', '_')}`
  }

  it('stand for the month before, this one and three ahead, and can be read by no role directly', async () => {
    expect(await names(partitions)).toEqual([...[-1, 0, 1, 2, 3].map(monthName), 'usage_event_default'])
    expect(await names(PARTITIONS_WITH_GRANTS)).toEqual([])
    const shipper = createPool({ url: database.urlFor('shipper'), max: 1, applicationName: 'test' })
    await expect(shipper.query(`SELECT 1 FROM ${monthName(0)}`)).rejects.toThrow(/permission denied/)
    await shipper.end()
  })

  it('are added by the worker, protected like the others, and take over what fell into the default', async () => {
    const worker = createPool({ url: database.urlFor('worker'), max: 1, applicationName: 'test' })
    const now = new Date()
    const far = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 5, 15)
    const id = `${far
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/, '$1-')}-7000-8000-000000000001`
    await owner.query(
      `INSERT INTO usage_event (request_id, attempt, kind, seq, org_id, key_id, endpoint, caller_dialect, streamed, provider, offering_id, model_requested, model_id,
         funding, started_at, ended_at, billing_period, invoice_period, price_book_id, units, usage_source, cost_pusd, billed_pusd, absorbed_pusd, outcome, is_final,
         http_status, estimate_pusd, trail, proxy_id, proxy_boot_id, proxy_seq)
       VALUES ($1, 1, 'settle', 0, $1, $1, '', '', false, '', '', '', '', 'platform', now(), now(), now(), now(), 1, '{}', '', 0, 0, 0, 'ok', true, 200, 0, '[]', '', $1, 1)`,
      [id],
    )
    expect(await names('SELECT tableoid::regclass::text AS name FROM usage_event WHERE request_id = $1', [id])).toEqual(
      ['usage_event_default'],
    )
    expect((await worker.query<{ made: number }>('SELECT ensure_usage_partitions(1, 5) AS made')).rows).toEqual([
      { made: 2 },
    ])
    expect((await worker.query<{ made: number }>('SELECT ensure_usage_partitions(1, 5) AS made')).rows).toEqual([
      { made: 0 },
    ])
    expect(await names('SELECT tableoid::regclass::text AS name FROM usage_event WHERE request_id = $1', [id])).toEqual(
      [monthName(5)],
    )
    expect(await names(UNPROTECTED)).toEqual([])
    expect(await names(PARTITIONS_WITH_GRANTS)).toEqual([])
    await expect(worker.query('SELECT ensure_usage_partitions(1, 500)')).rejects.toThrow(/between 0 and 24/)
    await worker.end()
  })
})

describe('grants', () => {
  const mayRead = async (role: string): Promise<readonly string[]> =>
    names(
      `SELECT a.attrelid::regclass || '.' || a.attname AS name FROM pg_attribute a
       WHERE (a.attrelid::regclass::text, a.attname::text) IN
         (('api_key', 'hmac'), ('key_former_secret', 'hmac'), ('management_key', 'hmac'), ('app_user', 'password_hash'), ('user_session', 'token_hash'), ('invitation', 'token_hash'), ('credential', 'sealed'), ('kept_content', 'sealed'), ('email_token', 'token_hash'), ('recovery_code', 'code_hash'))
         AND has_column_privilege($1, a.attrelid, a.attnum, 'SELECT') ORDER BY 1`,
      [role],
    )

  it.each(['atpar_app', 'atpar_gateway', 'atpar_shipper', 'atpar_worker'])(
    'let %s read no secret column',
    async (role) => {
      expect(await mayRead(role)).toEqual([])
    },
  )

  it('are seen by this test when they are too wide', async () => {
    await withStatement('GRANT SELECT ON api_key TO atpar_gateway', async () => {
      expect(await mayRead('atpar_gateway')).toEqual(['api_key.hmac'])
    })
    await owner.query('REVOKE SELECT ON api_key FROM atpar_gateway')
  })

  it('let nobody change or delete a fact, a posting or an entry in the record of acts', async () => {
    const changeable = await names(`
      SELECT role || ' ' || fact || ' ' || act AS name
      FROM unnest('{atpar_app,atpar_gateway,atpar_shipper,atpar_worker}'::text[]) AS role, unnest('{usage_event,ledger_transaction,ledger_entry,invoice_line,audit_log}'::text[]) AS fact,
        unnest('{UPDATE,DELETE,TRUNCATE}'::text[]) AS act
      WHERE has_table_privilege(role, fact, act) OR (act = 'UPDATE' AND has_any_column_privilege(role, fact, act)) ORDER BY 1`)
    expect(changeable).toEqual([])
  })

  it('give the gateway nothing of a tenant', async () => {
    const readable = await names(`
      SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND (has_table_privilege('atpar_gateway', c.oid, 'SELECT, INSERT, UPDATE, DELETE') OR has_any_column_privilege('atpar_gateway', c.oid, 'SELECT')) ORDER BY 1`)
    expect(readable).toEqual(['change_log'])
  })

  it('let nobody make themselves an operator', async () => {
    expect(
      await names(`
        SELECT role AS name FROM unnest('{atpar_app,atpar_gateway,atpar_shipper,atpar_worker}'::text[]) AS role
        WHERE has_column_privilege(role, 'app_user', 'is_operator', 'UPDATE') OR has_column_privilege(role, 'app_user', 'is_operator', 'INSERT')`),
    ).toEqual([])
  })
})

describe('functions that run as someone else', () => {
  it('pin their search path with the temporary schema last, so that nobody can slip a table in front', async () => {
    expect(
      await names(`
        SELECT p.proname AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
          AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'], false)`),
    ).toEqual([])
  })

  it('belong to a role that cannot log in, but for the three that need the owner of the tables', async () => {
    expect(
      await names(`
        SELECT p.proname AS name FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND r.rolname <> 'atpar_definer' ORDER BY 1`),
    ).toEqual(['ensure_usage_partitions', 'erase_organization', 'erase_own_account'])
    expect(
      await names(
        "SELECT rolname AS name FROM pg_roles WHERE rolname = 'atpar_definer' AND NOT (rolcanlogin OR rolsuper OR rolbypassrls)",
      ),
    ).toEqual(['atpar_definer'])
  })

  it('can be called by the role they serve and by no other', async () => {
    const callable = await names(`
      SELECT r.rolname || ' ' || p.proname AS name FROM pg_proc p, pg_roles r
      WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND r.rolname IN ('atpar_app', 'atpar_gateway', 'atpar_shipper', 'atpar_worker')
        AND has_function_privilege(r.oid, p.oid, 'EXECUTE') ORDER BY 1`)
    expect(callable).toEqual([
      'atpar_app erase_own_account',
      'atpar_app find_account',
      'atpar_app find_email_token',
      'atpar_app find_identity',
      'atpar_app find_invitation',
      'atpar_app find_leaked_key',
      'atpar_app find_login',
      'atpar_app find_management_key',
      'atpar_app find_operator',
      'atpar_app find_session',
      'atpar_app is_operator_asking',
      'atpar_app issue_email_token',
      'atpar_app list_memberships',
      'atpar_app list_support_visits',
      'atpar_app list_two_factor_requirements',
      'atpar_app operator_accounts',
      'atpar_app operator_approve_price_lines',
      'atpar_app operator_close_incident',
      'atpar_app operator_grant_credit',
      'atpar_app operator_incidents',
      'atpar_app operator_proofs',
      'atpar_app operator_reconciliation',
      'atpar_app operator_redo_credit_note',
      'atpar_app operator_reject_price_lines',
      'atpar_app operator_stuck_credit_notes',
      'atpar_app own_budget_usage',
      'atpar_app request_support_access',
      'atpar_app rotate_key_secret',
      'atpar_app support_org',
      'atpar_app use_email_token',
      'atpar_app use_recovery_code',
      'atpar_app void_email_tokens',
      'atpar_gateway budget_usage',
      'atpar_gateway budget_usage_except',
      'atpar_gateway counted_usage_except',
      'atpar_gateway counted_usage_without',
      'atpar_gateway find_budgets',
      'atpar_gateway find_contents',
      'atpar_gateway find_contents_under_others',
      'atpar_gateway find_credential',
      'atpar_gateway find_credentials',
      'atpar_gateway find_generation',
      'atpar_gateway find_key',
      'atpar_gateway find_key_and_policy',
      'atpar_gateway keep_contents',
      'atpar_gateway list_sealed',
      'atpar_gateway note_credential_use',
      'atpar_gateway reseal_credential',
      'atpar_worker budget_usage',
      'atpar_worker counted_usage_except',
      'atpar_worker counted_usage_without',
      'atpar_worker ensure_usage_partitions',
      'atpar_worker erase_audit_details',
      'atpar_worker erase_organization',
      'atpar_worker find_budgets',
    ])
  })
})
