import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createOrganizationWith } from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { createDb, type Db } from './client.ts'
import { listCreditNotes, readCreditNoteFile } from './credit-notes.ts'
import { createPool, type Pool } from './pool.ts'
import { asOrgId, withTenant, type OrgId } from './tenant.ts'

let database: TestDatabase
let db: Db
let owner: Pool
let ours: OrgId
let others: OrgId
const [invoiceId, creditNoteId] = [randomUUID(), randomUUID()]

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.urlFor('app'), max: 2 })
  owner = createPool({ url: database.ownerUrl, max: 1, applicationName: 'test-owner' })
  const ownerDb = createDb({ url: database.ownerUrl, max: 1 })
  ours = asOrgId((await createOrganizationWith(ownerDb, { slug: 'acme' })).orgId)
  others = asOrgId((await createOrganizationWith(ownerDb, { slug: 'globex' })).orgId)
  await ownerDb.$disconnect()
  await owner.query(
    `INSERT INTO invoice (id, org_id, period, sequence, number, status, usage_pusd, carry_in_pusd, carry_out_pusd, total_cents, event_count, evidence, document_html, document_sha256)
    VALUES ($1, $2, '2026-11-01', 1, 'ATPAR-acme-2026-11', 'finalised', 10000000000, 0, 0, 1, 1, '{}', '', '')`,
    [invoiceId, ours],
  )
  await owner.query(
    `INSERT INTO credit_note (id, org_id, invoice_id, number, sequence, reason, total_cents, tax_cents, issued_by, issued_at, html, html_sha256, pdf, pdf_sha256)
    VALUES ($1, $2, $3, 'CN-acme-0001', 1, 'Billed twice', 109, 9, 'operator', now(), 'as issued', sha256('as issued'), '%PDF', sha256('%PDF'))`,
    [creditNoteId, ours, invoiceId],
  )
  await owner.query(
    `INSERT INTO credit_note_settlement (credit_note_id, org_id, way, state) VALUES ($1, $2, 'refund', 'failed')`,
    [creditNoteId, ours],
  )
}, 60_000)
afterAll(async () => {
  await Promise.all([db.$disconnect(), owner.end()])
  await database.drop()
})

const as = <T>(org: OrgId, work: Parameters<typeof withTenant<T>>[2]) =>
  withTenant(db, { orgId: org, userId: null }, work)

it('the organization reads its credit notes with the bytes as issued', async () => {
  expect(await as(ours, (tx) => listCreditNotes(tx, ours, invoiceId))).toMatchObject([
    { number: 'CN-acme-0001', totalCents: 109n, taxCents: 9n, way: 'refund', isSettled: false },
  ])
  const file = await as(ours, (tx) => readCreditNoteFile(tx, ours, { invoiceId, creditNoteId, format: 'html' }))
  expect([file?.number, Buffer.from(file?.bytes ?? []).toString()]).toEqual(['CN-acme-0001', 'as issued'])
})

it('another organization’s, another invoice’s and nobody’s are all not there', async () => {
  const read = (org: OrgId, wanted: { invoiceId: string; creditNoteId: string }) =>
    as(org, (tx) => readCreditNoteFile(tx, org, { ...wanted, format: 'pdf' }))
  expect(await as(others, (tx) => listCreditNotes(tx, others, invoiceId))).toEqual([])
  expect(await as(others, (tx) => listCreditNotes(tx, ours, invoiceId))).toEqual([])
  expect(await read(others, { invoiceId, creditNoteId })).toBeNull()
  expect(await read(ours, { invoiceId: randomUUID(), creditNoteId })).toBeNull()
  expect(await read(ours, { invoiceId, creditNoteId: randomUUID() })).toBeNull()
  expect(await read(ours, { invoiceId, creditNoteId: 'not an id' })).toBeNull()
})
