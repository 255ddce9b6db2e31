import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { pusd } from '@atpar/core/money'
import { hmacKey } from '@atpar/crypto/api-key'
import { createDb, type Db } from '@atpar/db/client'
import { createInvitation } from '@atpar/db/invitations'
import { requestDeletion } from '@atpar/db/organization-deletion'
import { createPool, type Pool } from '@atpar/db/pool'
import { listSealed } from '@atpar/db/sealed-credentials'
import { withTenant } from '@atpar/db/tenant'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  createUserWith,
  TEST_PEPPER,
  type MadeKey,
  type MadeOrganization,
} from '@atpar/testkit/factories'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { streamArchive } from '../../apps/dashboard/src/features/data/archive.ts'
import { closePeriod } from '../../apps/worker/src/billing/close-period.ts'
import { eraseOrganizations } from '../../apps/worker/src/jobs/erase-organizations.ts'
import { eventOf } from '../../apps/worker/test/books.ts'
import { importOrganization } from './import-organization.ts'
import { proveOrganization } from './prove-organization.ts'
import { verifyAudit } from './verify-audit.ts'

const SLOW = 60_000
const folder = mkdtempSync(join(tmpdir(), 'atpar-move-'))
const file = join(folder, 'acme.tar.gz')
const IN_DECEMBER = Date.UTC(2026, 11, 1, 2)

interface Installation {
  readonly database: TestDatabase
  readonly owner: Pool
  readonly worker: Pool
  readonly db: Db
}

const install = async (): Promise<Installation> => {
  const database = await createTestDatabase()
  return {
    database,
    owner: createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' }),
    worker: createPool({ url: database.urlFor('worker'), max: 2, applicationName: 'test-worker' }),
    db: createDb({ url: database.urlFor('app'), max: 3 }),
  }
}
const leave = async ({ database, owner, worker, db }: Installation) => {
  await Promise.all([owner.end(), worker.end(), db.$disconnect()])
  await database.drop()
}

let there: Installation
let here: Installation
let acme: MadeOrganization
let key: MadeKey
const sealed = randomBytes(64)

beforeAll(async () => {
  ;[there, here] = await Promise.all([install(), install()])
  acme = await createOrganizationWith(there.db, {
    name: 'Acme',
    slug: 'acme',
    owner: { name: 'Olivia', email: 'olivia@acme.test' },
  })
  const member = await createMemberWith(there.db, acme.orgId, { name: 'Max', email: 'max@acme.test' })
  key = await createKeyWith(there.db, {
    orgId: acme.orgId,
    holder: { kind: 'member', memberId: member.memberId },
    name: "Max's laptop",
    createdByUserId: acme.owner.userId,
  })
  await withTenant(there.db, acme.tenant, (tx) =>
    createInvitation(tx, acme.orgId, {
      email: 'new@acme.test',
      role: 'developer',
      teamId: null,
      tokenHash: randomBytes(32),
      invitedByUserId: acme.owner.userId,
      expiresAtMs: Date.now() + 60_000,
    }),
  )
  for (const { owner } of [there, here])
    await owner.query(
      `INSERT INTO provider (id, display_name, dialect) VALUES ('openai', 'OpenAI', 'openai-chat'), ('custom', 'Custom', 'openai-chat')`,
    )
  await there.owner.query(
    `INSERT INTO credential (id, org_id, provider_id, label, sealed, sealing_key_id, preference) VALUES (gen_random_uuid(), $1, 'openai', 'Ours', $2, 'k1', 'only')`,
    [acme.orgId, sealed],
  )
  await there.owner.query(
    `WITH house AS (INSERT INTO credential (id, org_id, provider_id, label, sealed, sealing_key_id, base_url) VALUES (gen_random_uuid(), $1, 'custom', 'House', $2, 'k1', 'https://house.test/v1') RETURNING id, org_id)
     INSERT INTO custom_endpoint (id, org_id, name, header_names) SELECT id, org_id, 'house', '{x-team}' FROM house`,
    [acme.orgId, sealed],
  )
  await there.owner.query(
    `INSERT INTO custom_model (id, org_id, endpoint_id, name, upstream_model, input_pusd, output_pusd) SELECT gen_random_uuid(), org_id, id, 'llama', 'meta/llama', 1500000, 2500000 FROM custom_endpoint WHERE org_id = $1`,
    [acme.orgId],
  )
  await there.owner.query(
    `INSERT INTO guardrail (id, org_id, scope, scope_id, policy) VALUES (gen_random_uuid(), $1, 'organization', $1, '{"blockedTerms": ["falcon"]}')`,
    [acme.orgId],
  )
  await there.owner.query('INSERT INTO content_policy (org_id, holder_id, days) VALUES ($1, $1, 7)', [acme.orgId])
  await there.owner.query('UPDATE organization SET require_two_factor = true WHERE id = $1', [acme.orgId])
  const event = () => eventOf({ id: acme.orgId, slug: 'acme', keyId: key.keyId }, { memberId: member.memberId })
  await ingestUsageEvents(there.owner, {
    events: [
      event(),
      event(),
      eventOf(
        { id: acme.orgId, slug: 'acme', keyId: key.keyId },
        { absorbedPusd: pusd(7n), absorbedReason: 'lost_attempt' },
      ),
    ],
  })
  const closed = await closePeriod(there.worker, {
    orgId: acme.orgId,
    period: '2026-11-01',
    nowMs: IN_DECEMBER,
    graceMs: 3_600_000,
    minimumCents: 50n,
  })
  if (closed.kind !== 'closed') throw new Error(closed.reason)
  await there.owner.query(
    `INSERT INTO billing_account (org_id, stripe_customer_id, livemode, legal_name, payment_method_id, card_last4) VALUES ($1, 'cus_there', true, 'Acme GmbH', 'pm_there', '4242')`,
    [acme.orgId],
  )
  await there.owner.query(
    `INSERT INTO invoice_collection (invoice_id, org_id, state, amount_cents, stripe_invoice_id, hosted_url, due_at) SELECT id, org_id, 'open', total_cents, 'in_there', 'https://pay', now() FROM invoice WHERE org_id = $1
    ON CONFLICT (invoice_id) DO UPDATE SET state = 'open', stripe_invoice_id = 'in_there', hosted_url = 'https://pay'`,
    [acme.orgId],
  )
  await there.owner.query(
    `INSERT INTO auto_top_up (org_id, is_enabled, threshold_cents, amount_cents, daily_cap_cents) VALUES ($1, true, 500, 2000, 4000)`,
    [acme.orgId],
  )
  await there.owner.query(
    `INSERT INTO topup (id, org_id, amount_cents, state) VALUES (gen_random_uuid(), $1, 2000, 'requested')`,
    [acme.orgId],
  )
  // Here lives another organization of that name, and Olivia has an account.
  await createOrganizationWith(here.db, { slug: 'acme' })
  await createUserWith(here.db, { email: 'olivia@acme.test', name: 'Olivia of here' })
  await pipeline(streamArchive(there.db, acme.tenant), createWriteStream(file))
}, SLOW)
afterAll(async () => {
  await Promise.all([leave(there), leave(here)])
  rmSync(folder, { recursive: true })
})

const figures = async ({ owner }: Installation) => {
  const { rows } = await owner.query(
    `SELECT (SELECT array_agg(to_jsonb(e) - 'ingested_at' ORDER BY request_id) FROM usage_event e WHERE org_id = $1) AS events,
      (SELECT array_agg(to_jsonb(e) ORDER BY id) FROM ledger_entry e WHERE org_id = $1
        AND transaction_id NOT IN (SELECT id FROM ledger_transaction WHERE natural_key LIKE 'residue:%')) AS entries,
      (SELECT array_agg(to_jsonb(i) ORDER BY id) FROM invoice i WHERE org_id = $1) AS invoices,
      (SELECT array_agg(to_jsonb(l) ORDER BY id) FROM invoice_line l WHERE org_id = $1) AS lines`,
    [acme.orgId],
  )
  return rows[0] as unknown
}

const KEPT_AS_ISSUED: ReadonlySet<string> = new Set([
  'invoice',
  'invoice_document',
  'credit_note',
  'ledger_transaction',
])

describe('an exported organization', () => {
  it('carries no secret: no hash of a key or a token, no sealed credential, no password', () => {
    const text = gunzipSync(readFileSync(file)).toString('latin1')
    for (const secret of [Buffer.from(key.hmac), hmacKey(key.text, TEST_PEPPER.secret), sealed])
      expect(text).not.toContain(Buffer.from(secret).toString('hex'))
    expect(text).not.toContain(key.text)
    expect(text).not.toMatch(/\$argon2|password_hash":\s*"\$/)
    expect(text).toContain('manifest.json')
  })

  it(
    'arrives whole in another installation: same facts, same invoice, proofs at zero, chain unbroken',
    async () => {
      const report = await importOrganization({ ownerUrl: here.database.ownerUrl, file })
      expect(report).toMatchObject({
        orgId: acme.orgId,
        slug: 'acme-2',
        people: { matched: 1, created: 1 },
        notPortable: { invitation: 1 },
      })
      expect(report.credentialsToReenter.toSorted()).toEqual(['House (custom)', 'Ours (openai)'])
      expect(report.keysToReissue).toEqual([expect.stringMatching(/^Max's laptop \(…/)])
      expect(await figures(here)).toEqual(await figures(there))
      const proofs = await proveOrganization(here.worker, 'acme-2')
      expect(proofs.lines.join('\n')).toMatch(/P1 holds[^]*P5 holds[^]*P2 holds[^]*P3 holds/)
      expect(proofs.allHold).toBe(true)
      expect(await verifyAudit({ pool: here.worker, orgSlug: 'acme-2', anchors: null })).toMatchObject({
        allHold: true,
      })
    },
    SLOW,
  )

  it('finds its settings: what is kept, what is refused, whom it asks for a second factor, its endpoints without their keys', async () => {
    const { rows } = await here.owner.query(
      `SELECT o.require_two_factor, g.policy, p.days, (SELECT jsonb_agg(jsonb_build_array(c.label, c.status, c.preference, c.base_url, octet_length(c.sealed), e.name, e.header_names, m.name, m.input_pusd)
        ORDER BY c.label) FROM credential c LEFT JOIN custom_endpoint e ON e.id = c.id LEFT JOIN custom_model m ON m.endpoint_id = e.id WHERE c.org_id = o.id) AS credentials
       FROM organization o JOIN guardrail g ON g.org_id = o.id JOIN content_policy p ON p.org_id = o.id WHERE o.id = $1`,
      [acme.orgId],
    )
    expect(rows).toEqual([
      {
        require_two_factor: true,
        policy: { blockedTerms: ['falcon'] },
        days: 7,
        credentials: [
          ['House', 'refused', 'prefer', 'https://house.test/v1', 0, 'house', ['x-team'], 'llama', 1_500_000],
          ['Ours', 'refused', 'only', null, 0, null, null, null, null],
        ],
      },
    ])
    expect(await listSealed(here.owner, { afterId: null, size: 10 })).toEqual([])
    await expect(here.owner.query(`UPDATE credential SET status = 'active' WHERE label = 'Ours'`)).rejects.toThrow(
      /credential_secret_check/,
    )
  })

  it('leaves its customer, its card and its open claims at Stripe to the installation it comes from', async () => {
    const { rows } = await here.owner.query(
      `SELECT to_jsonb(a) - 'org_id' - 'updated_at' - 'tell_details_at' AS account, a.tell_details_at IS NOT NULL AS "isToBeTold", c.state, c.stripe_invoice_id, c.hosted_url, u.is_enabled,
        (SELECT array_agg(t.state) FROM topup t WHERE t.org_id = a.org_id) AS "topUps"
      FROM billing_account a JOIN invoice_collection c ON c.org_id = a.org_id JOIN auto_top_up u ON u.org_id = a.org_id WHERE a.org_id = $1`,
      [acme.orgId],
    )
    expect(rows).toMatchObject([
      {
        account: {
          legal_name: 'Acme GmbH',
          stripe_customer_id: null,
          livemode: null,
          payment_method_id: null,
          card_last4: null,
        },
        isToBeTold: true,
        state: 'not_collected',
        stripe_invoice_id: null,
        hosted_url: null,
        is_enabled: false,
        topUps: ['canceled'],
      },
    ])
  })

  it('opens to its people by their address, with the account they have here, and to no key', async () => {
    const { rows } = await here.owner.query(
      `SELECT u.email, u.name, u.password_hash IS NULL AS "hasNoPassword", m.role FROM membership m JOIN app_user u ON u.id = m.user_id WHERE m.org_id = $1 ORDER BY u.email`,
      [acme.orgId],
    )
    expect(rows).toEqual([
      { email: 'max@acme.test', name: 'Max', hasNoPassword: true, role: 'developer' },
      { email: 'olivia@acme.test', name: 'Olivia of here', hasNoPassword: false, role: 'owner' },
    ])
    const found = await here.owner.query('SELECT find_key($1) AS caller', [Buffer.from(key.hmac)])
    expect(found.rows).toEqual([{ caller: null }])
  })

  it('is refused a second time, when a byte of it changed, and when it was cut off', async () => {
    await expect(importOrganization({ ownerUrl: here.database.ownerUrl, file })).rejects.toThrow(/is here already/)
    const plain = gunzipSync(readFileSync(file))
    const damaged = join(folder, 'damaged.tar.gz')
    const at = plain.indexOf('"billed_pusd": "') + '"billed_pusd": "'.length
    plain[at] = (plain[at] ?? 0) === 0x39 ? 0x38 : 0x39
    writeFileSync(damaged, gzipSync(plain))
    await expect(importOrganization({ ownerUrl: here.database.ownerUrl, file: damaged })).rejects.toThrow(
      /is not what the manifest says/,
    )
    const cut = join(folder, 'cut.tar.gz')
    writeFileSync(cut, readFileSync(file).subarray(0, 4_000))
    await expect(importOrganization({ ownerUrl: here.database.ownerUrl, file: cut })).rejects.toThrow()
  })
})

describe('a deleted organization', () => {
  const log = { info: () => undefined, error: (_event: string, fields?: unknown) => failures.push(fields) }
  const failures: unknown[] = []

  it('stops at once, and nothing is erased before its week is over', async () => {
    await withTenant(there.db, acme.tenant, (tx) => requestDeletion(tx, acme.orgId, acme.owner.userId))
    const found = await there.owner.query<{ caller: { orgStatus: string } }>('SELECT find_key($1) AS caller', [
      Buffer.from(key.hmac),
    ])
    expect(found.rows[0]?.caller.orgStatus).toBe('suspended')
    await eraseOrganizations({ pool: there.worker, log })
    await expect(there.worker.query('SELECT erase_organization($1)', [acme.orgId])).rejects.toThrow(/not due/)
    await expect(
      withTenant(there.db, acme.tenant, (tx) => tx.organization.updateMany({ data: { deletionDueAt: new Date() } })),
    ).rejects.toThrow(/check/i)
    const names = await there.owner.query('SELECT name FROM organization WHERE id = $1', [acme.orgId])
    expect(names.rows).toEqual([{ name: 'Acme' }])
  })

  it(
    'loses every name, address and secret, and no pico-dollar',
    async () => {
      const elsewhere = await createOrganizationWith(there.db, { slug: 'elsewhere' })
      const { rows: max } = await there.owner.query<{ id: string }>(
        `SELECT id FROM app_user WHERE email = 'max@acme.test'`,
      )
      await there.owner.query(
        `INSERT INTO membership (id, org_id, user_id, role) VALUES (gen_random_uuid(), $1, $2, 'developer')`,
        [elsewhere.orgId, max[0]?.id],
      )
      const before = await figures(there)
      await there.owner.query(
        `UPDATE organization SET deletion_requested_at = deletion_requested_at - interval '8 days', deletion_due_at = deletion_due_at - interval '8 days' WHERE id = $1`,
        [acme.orgId],
      )
      await eraseOrganizations({ pool: there.worker, log })
      expect(failures).toEqual([])
      expect(await figures(there)).toEqual(before)
      const { rows: carried } = await there.owner.query(
        `SELECT account, (sum(amount_pusd) <> 0) AS is_left FROM ledger_entry WHERE org_id = $1 AND account IN ('carry_over', 'written_off') GROUP BY 1 ORDER BY 1`,
        [acme.orgId],
      )
      expect(carried).toEqual([
        { account: 'carry_over', is_left: false },
        { account: 'written_off', is_left: true },
      ])
      const { rows: people } = await there.owner.query(
        `SELECT u.email, u.name FROM membership m JOIN app_user u ON u.id = m.user_id WHERE m.org_id = $1 ORDER BY u.name`,
        [acme.orgId],
      )
      // Max is somebody elsewhere still; Olivia is nobody.
      expect(people).toEqual([
        { email: `erased-${acme.owner.userId}@invalid`, name: 'Erased person' },
        { email: 'max@acme.test', name: 'Max' },
      ])
      const slug = `deleted-${acme.orgId.replaceAll('-', '')}`
      expect((await proveOrganization(there.worker, slug)).allHold).toBe(true)
      const { lines, allHold } = await verifyAudit({ pool: there.worker, orgSlug: slug, anchors: null })
      expect(lines[0]).toMatch(/personal details of [1-9]\d* erased on record/)
      expect(allHold).toBe(true)
    },
    SLOW,
  )

  it('leaves nothing of its people in any table, but for the invoice as issued', async () => {
    const { rows: tables } = await there.owner.query<{ name: string; is_tenant: boolean }>(
      `SELECT c.relname AS name, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped) AS is_tenant
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
    )
    const left: string[] = []
    for (const { name, is_tenant } of tables) {
      const condition = is_tenant ? `t.org_id = '${acme.orgId}'` : 'true'
      const { rowCount } = await there.owner.query(
        `SELECT 1 FROM ${name} t WHERE ${condition} AND to_jsonb(t)::text ~* 'olivia|acme|laptop|new@acme' AND to_jsonb(t)::text NOT LIKE '%max@acme.test%'`,
      )
      if (rowCount !== 0) left.push(name)
    }
    // The number of an issued invoice is part of it, of its document and of its posting.
    expect(left.filter((name) => !KEPT_AS_ISSUED.has(name))).toEqual([])
  })
})
