import { createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { generateApiKey, hmacKey } from '@atpar/crypto/api-key'
import { openContent, sealContent } from '@atpar/crypto/content-seal'
import { hashPassword, verifyPassword } from '@atpar/crypto/password'
import { hashRecoveryCode } from '@atpar/crypto/recovery-code'
import { openAnswer, sealAnswer } from '@atpar/crypto/sealed-answer'
import { open, parseSealingPrivateKeys, seal } from '@atpar/crypto/sealing'
import { deriveKey, seal as sealBox, unseal } from '@atpar/crypto/secret-box'
import { generateToken, hashToken } from '@atpar/crypto/token'
import { createPool, type Pool } from '@atpar/db/pool'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PEPPER, SEALING_PRIVATE_KEY } from './secrets.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

// Somebody has every row of the database, and nothing of the machines. Every value is tried as everything that opens something. The tables are
// found in the catalogue, so a column that is added tomorrow is tried tomorrow.

const SLOW = 180_000
const SESSION_SECRET = 'a session secret only for tests'
const TOTP_PURPOSE = 'secret of a second factor'
const UPSTREAM_KEY = `sk-${'c'.repeat(40)}`
const PASSWORD = 'quiet maple lantern'

let system: RunningSystem
let app: Pool
let tenant: SeededTenant
let userId: string
const truth = {
  session: generateToken(),
  invitation: generateToken(),
  emailToken: generateToken(),
  recoveryCode: 'abcd-efgh-jkmn',
  managementKey: generateApiKey('manage'),
  totpSecret: randomBytes(20),
  answer: '{"key":"shown once"}',
  formerKey: generateApiKey('live'),
  endpoint: JSON.stringify({ apiKey: `sk-own-${'e'.repeat(40)}`, headers: { 'x-team': 'header of the barn' } }),
  words: 'what somebody asked the model in confidence',
}
const credentialContext = { orgId: '', credentialId: '0192f0c1-0000-7000-8000-0000000000c1', version: 1 }
const answerContext = randomBytes(32)
const endpointContext = { orgId: '', credentialId: '0192f0c1-0000-7000-8000-0000000000e1', version: 1 }
const contentPlace = { orgId: '', requestId: '0192f0c1-0000-7000-8000-0000000000f1' }
const managementKeyId = '0192f0c1-0000-7000-8000-0000000000d1'

/** One of everything that is kept because it opens something. */
const fillDatabase = async (): Promise<void> => {
  const { owner } = system
  const { orgId } = tenant
  const { rows } = await owner.query<{ user_id: string }>('SELECT user_id FROM membership WHERE org_id = $1', [orgId])
  userId = rows[0]?.user_id ?? ''
  for (const place of [credentialContext, endpointContext, contentPlace]) place.orgId = orgId
  const [sealing] = parseSealingPrivateKeys(SEALING_PRIVATE_KEY)
  const credential = seal(sealing.publicKey, credentialContext, Buffer.from(UPSTREAM_KEY))
  const endpoint = seal(sealing.publicKey, endpointContext, Buffer.from(truth.endpoint))
  const content = sealContent([sealing], contentPlace, Buffer.from(truth.words))
  const later = new Date(Date.now() + 3_600_000)
  await owner.query('UPDATE app_user SET password_hash = $2 WHERE id = $1', [userId, await hashPassword(PASSWORD)])
  await owner.query(
    'INSERT INTO user_session (id, user_id, token_hash, expires_at) VALUES (gen_random_uuid(), $1, $2, $3)',
    [userId, hashToken(truth.session), later],
  )
  await owner.query(
    `INSERT INTO invitation (id, org_id, email, role, token_hash, invited_by, expires_at) VALUES (gen_random_uuid(), $1, 'new@example.test', 'owner', $2, $3, $4)`,
    [orgId, hashToken(truth.invitation), userId, later],
  )
  await owner.query(
    `INSERT INTO email_token (id, purpose, email, user_id, token_hash, expires_at) VALUES (gen_random_uuid(), 'reset-password', 'x@example.test', $1, $2, $3)`,
    [userId, hashToken(truth.emailToken), later],
  )
  await owner.query('INSERT INTO user_totp (user_id, sealed_secret, confirmed_at) VALUES ($1, $2, now())', [
    userId,
    sealBox(truth.totpSecret, deriveKey(SESSION_SECRET, TOTP_PURPOSE), userId),
  ])
  await owner.query('INSERT INTO recovery_code (id, user_id, code_hash) VALUES (gen_random_uuid(), $1, $2)', [
    userId,
    hashRecoveryCode(truth.recoveryCode),
  ])
  await owner.query(
    `INSERT INTO credential (id, org_id, provider_id, label, sealed, sealing_key_id) VALUES ($1, $2, 'openai', 'Ours', $3, $4)`,
    [credentialContext.credentialId, orgId, credential.bytes, credential.keyId],
  )
  await owner.query(
    `WITH sealed AS (INSERT INTO credential (id, org_id, provider_id, label, sealed, sealing_key_id, base_url) VALUES ($1, $2, 'custom', 'Barn', $3, $4, 'https://barn.test/v1') RETURNING id, org_id)
     INSERT INTO custom_endpoint (id, org_id, name, header_names) SELECT id, org_id, 'barn', '{x-team}' FROM sealed`,
    [endpointContext.credentialId, orgId, endpoint.bytes, endpoint.keyId],
  )
  await owner.query(
    `INSERT INTO kept_content (org_id, request_id, holder_id, expires_at, sealed, sealing_key_id) VALUES ($1, $2, $1, $3, $4, $5)`,
    [orgId, contentPlace.requestId, later, content.bytes, content.keyId],
  )
  await owner.query(
    `INSERT INTO key_former_secret (id, org_id, key_id, hmac, pepper_id, public_prefix, last_four, expires_at) VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7)`,
    [
      orgId,
      tenant.keyId,
      hmacKey(truth.formerKey.text, PEPPER.secret),
      PEPPER.id,
      truth.formerKey.publicPrefix,
      truth.formerKey.lastFour,
      later,
    ],
  )
  await owner.query(
    `INSERT INTO guardrail (id, org_id, scope, scope_id, policy) VALUES (gen_random_uuid(), $1, 'organization', $1, '{"blockedTerms": ["project falcon"]}')`,
    [orgId],
  )
  await owner.query(
    `INSERT INTO management_key (id, org_id, name, role, hmac, pepper_id, public_prefix, last_four, created_by) VALUES ($1, $2, 'CI', 'admin', $3, $4, $5, $6, $7)`,
    [
      managementKeyId,
      orgId,
      hmacKey(truth.managementKey.text, PEPPER.secret),
      PEPPER.id,
      truth.managementKey.publicPrefix,
      truth.managementKey.lastFour,
      userId,
    ],
  )
  await owner.query(
    `INSERT INTO management_answer (org_id, management_key_id, idempotency_hash, request_hash, status, sealed_body) VALUES ($1, $2, $3, $3, 200, $4)`,
    [
      orgId,
      managementKeyId,
      answerContext,
      sealAnswer(truth.answer, { keyText: truth.managementKey.text, context: answerContext }),
    ],
  )
  await owner.query(
    `INSERT INTO audit_log (id, org_id, action, subject_kind, subject_id, after) VALUES (gen_random_uuid(), $1, 'key-created', 'key', $2, '{"name": "laptop"}')`,
    [orgId, tenant.keyId],
  )
}

interface Dump {
  /** Every text, as it stands and in what it may encode. */
  readonly texts: readonly string[]
  readonly blobs: readonly Buffer[]
}

const leaves = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(leaves)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves)
  return []
}

/** What belongs to the installation and says nothing of anybody: prices, models, migrations. */
const PUBLIC = ['model', 'offering', 'provider', 'price_book', 'price_version', '_prisma_migrations', 'change_log']

const steal = async (owner: Pick<Pool, 'query'>): Promise<Dump> => {
  const { rows: tables } = await owner.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL ($1)`,
    [PUBLIC],
  )
  const texts = new Set<string>()
  const blobs: Buffer[] = []
  for (const { name } of tables) {
    const { rows } = await owner.query<Record<string, unknown>>(`SELECT * FROM ${name}`)
    for (const value of rows.flatMap((row) => Object.values(row))) {
      if (!Buffer.isBuffer(value)) {
        for (const leaf of leaves(value)) texts.add(leaf)
        continue
      }
      blobs.push(value)
      for (const encoding of ['hex', 'base64', 'base64url', 'latin1', 'utf8'] as const)
        texts.add(value.toString(encoding))
    }
  }
  return { texts: [...texts].filter((text) => text !== ''), blobs }
}

const inOrder = async <Item>(
  items: readonly Item[],
  opens: (item: Item) => Promise<boolean>,
): Promise<readonly Item[]> => {
  const found: Item[] = []
  for (const item of items) if (await opens(item)) found.push(item)
  return found
}

const isFound = async (sql: string, values: readonly unknown[]): Promise<boolean> =>
  ((await app.query(sql, [...values])).rowCount ?? 0) > 0
const opensSession = (text: string) => isFound('SELECT 1 FROM find_session($1)', [hashToken(text)])
const opensInvitation = (text: string) => isFound('SELECT 1 FROM find_invitation($1)', [hashToken(text)])
const opensMail = (text: string) =>
  isFound(
    `SELECT 1 FROM find_email_token($1, 'reset-password') UNION ALL SELECT 1 FROM find_email_token($1, 'magic-link')`,
    [hashToken(text)],
  )
const isManagementKey = (text: string) =>
  isFound('SELECT 1 WHERE find_management_key($1) IS NOT NULL', [hmacKey(text, PEPPER.secret)])
const isHeaderText = (text: string): boolean => /^[\x21-\x7e]{1,2000}$/.test(text)
const opensProxy = async (text: string): Promise<boolean> => {
  const answer = await fetch(`${system.proxyUrls[0]}/v1/models`, { headers: { authorization: `Bearer ${text}` } })
  await answer.body?.cancel()
  return answer.status === 200
}

/** Bytes that a value may be the key of AES-256 as. */
const keysFrom = ({ texts, blobs }: Dump): readonly Buffer[] => {
  const keys = [
    ...blobs.filter((blob) => blob.length === 32),
    ...texts.flatMap((text) => [
      createHash('sha256').update(text).digest(),
      ...(Buffer.byteLength(text) === 32 ? [Buffer.from(text)] : []),
      ...(/^[0-9a-f]{64}$/.test(text) ? [Buffer.from(text, 'hex')] : []),
      ...(/^[\w+/-]{43}=?$/.test(text) ? [Buffer.from(text, 'base64')] : []),
    ]),
  ]
  // The same bytes come in several writings.
  return [...new Map(keys.map((key) => [key.toString('hex'), key])).values()]
}

/** Every place a nonce and a tag are commonly put, with every context the thief knows. */
const opensRaw = (blob: Buffer, key: Buffer, context: Buffer): boolean =>
  [0, 1].some((skip) =>
    [
      { nonce: [skip, skip + 12], tag: [skip + 12, skip + 28], body: [skip + 28, blob.length] },
      { nonce: [skip, skip + 12], tag: [blob.length - 16, blob.length], body: [skip + 12, blob.length - 16] },
    ].some(({ nonce, tag, body }) => {
      const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(...(nonce as [number, number])), {
        authTagLength: 16,
      })
      decipher.setAAD(context).setAuthTag(blob.subarray(...(tag as [number, number])))
      decipher.update(blob.subarray(...(body as [number, number])))
      try {
        decipher.final()
        return true
      } catch {
        // One error for every way of being wrong: it did not open.
        return false
      }
    }),
  )

const opens = (attempt: () => unknown): boolean => {
  try {
    return attempt() !== null
  } catch {
    // Refused, which is what is hoped for.
    return false
  }
}

beforeAll(async () => {
  system = await startSystem()
  app = createPool({ url: system.database.urlFor('app'), max: 2, applicationName: 'thief' })
  tenant = await createTenant(system.owner, { name: 'stolen' })
  await fillDatabase()
}, SLOW)
afterAll(async () => {
  await app.end()
  await system.stop()
}, SLOW)

describe('what the thief tries', () => {
  it('is worth trying: each door opens to what really belongs in it', async () => {
    expect(await opensProxy(tenant.key)).toBe(true)
    expect(await opensProxy(truth.formerKey.text)).toBe(true)
    expect(await opensSession(truth.session)).toBe(true)
    expect(await opensInvitation(truth.invitation)).toBe(true)
    expect(await opensMail(truth.emailToken)).toBe(true)
    expect(await isManagementKey(truth.managementKey.text)).toBe(true)
    const { blobs, texts } = await steal(system.owner)
    expect(blobs.length).toBeGreaterThan(8)
    expect(texts.length).toBeGreaterThan(60)
    expect(
      blobs.some((blob) => opensRaw(blob, Buffer.from(deriveKey(SESSION_SECRET, TOTP_PURPOSE)), Buffer.from(userId))),
    ).toBe(true)
  })

  it('finds no secret in the clear', async () => {
    const { texts } = await steal(system.owner)
    const secrets = [
      tenant.key,
      UPSTREAM_KEY,
      PASSWORD,
      truth.session,
      truth.invitation,
      truth.emailToken,
      truth.recoveryCode,
      truth.managementKey.text,
      truth.answer,
      truth.formerKey.text,
      truth.endpoint,
      'header of the barn',
      truth.words,
    ]
    expect(secrets.filter((secret) => texts.some((text) => text.includes(secret)))).toEqual([])
  })

  it(
    'opens no call: no value is a key at the proxy',
    async () => {
      const { texts } = await steal(system.owner)
      const tried = texts.filter(isHeaderText)
      expect(tried.length).toBeGreaterThan(60)
      expect(await inOrder(tried, opensProxy)).toEqual([])
      // The door was not merely shut to everybody by so many tries.
      expect(await opensProxy(tenant.key)).toBe(true)
    },
    SLOW,
  )

  it.each([
    ['a session', opensSession],
    ['an invitation', opensInvitation],
    ['a link from a mail', opensMail],
    // With the pepper as well: the input of the hash, not only its output, has to be unknown.
    ['a management key', isManagementKey],
  ] as const)(
    'opens nothing as %s',
    async (_name, attempt) => {
      expect(await inOrder((await steal(system.owner)).texts, attempt)).toEqual([])
    },
    SLOW,
  )

  it('opens no person: no value is a password or a recovery code', async () => {
    const { texts, blobs } = await steal(system.owner)
    const { rows } = await system.owner.query<{ password_hash: string }>(
      'SELECT password_hash FROM app_user WHERE id = $1',
      [userId],
    )
    // Argon2 is slow on purpose; what looks nothing like a password is tried as the rest is, by its hash.
    expect(await verifyPassword(rows[0]?.password_hash ?? '', rows[0]?.password_hash ?? '')).toBe(false)
    const codes = new Set(blobs.map((blob) => blob.toString('hex')))
    expect(texts.filter((text) => codes.has(Buffer.from(hashRecoveryCode(text)).toString('hex')))).toEqual([])
  })

  it(
    'opens no seal, with any value as its key and any value as its context',
    async () => {
      const dump = await steal(system.owner)
      const keys = keysFrom(dump)
      const sealed = dump.blobs.filter((blob) => blob.length >= 45)
      expect(sealed.length).toBeGreaterThanOrEqual(5)
      const contexts = [
        Buffer.alloc(0),
        Buffer.from(userId),
        Buffer.from(tenant.orgId),
        Buffer.from(credentialContext.credentialId),
      ]
      const opened = sealed.flatMap((blob) =>
        keys
          .filter((key) => contexts.some((context) => opensRaw(blob, key, context)))
          .map((key) => key.toString('hex')),
      )
      expect(opened).toEqual([])
    },
    SLOW,
  )

  it(
    'opens no seal through our own code either',
    async () => {
      const dump = await steal(system.owner)
      const { rows } = await system.owner.query<{
        sealed: Buffer
        sealing_key_id: string
        totp: Buffer
        answer: Buffer
        endpoint: Buffer
        content: Buffer
      }>(
        `SELECT c.sealed, c.sealing_key_id, t.sealed_secret AS totp, a.sealed_body AS answer, e.sealed AS endpoint, k.sealed AS content
         FROM credential c, user_totp t, management_answer a, credential e, kept_content k WHERE c.id = $1 AND e.id = $2`,
        [credentialContext.credentialId, endpointContext.credentialId],
      )
      const [row] = rows
      if (row === undefined) throw new Error('There is nothing to open.')
      const { sealing_key_id: keyId } = row
      const asPrivateKey = keysFrom(dump).filter((key) => {
        const keys = parseSealingPrivateKeys(key.toString('hex'))
        // Under its own name: a key that is merely not the named one says nothing.
        const keyId = keys[0].id
        return (
          opens(() => open(keys, credentialContext, { bytes: row.sealed, keyId })) ||
          opens(() => open(keys, endpointContext, { bytes: row.endpoint, keyId })) ||
          opens(() => openContent(keys, contentPlace, { bytes: row.content, keyId }))
        )
      })
      const asTotp = dump.texts.filter((text) => opens(() => unseal(row.totp, deriveKey(text, TOTP_PURPOSE), userId)))
      const asAnswer = dump.texts.filter((text) =>
        opens(() => openAnswer(row.answer, { keyText: text, context: answerContext })),
      )
      expect({ asPrivateKey, asTotp, asAnswer }).toEqual({ asPrivateKey: [], asTotp: [], asAnswer: [] })
      // And they all do open to what they were made with.
      const ours = parseSealingPrivateKeys(SEALING_PRIVATE_KEY)
      expect(opens(() => open(ours, endpointContext, { bytes: row.endpoint, keyId }))).toBe(true)
      expect(opens(() => openContent(ours, contentPlace, { bytes: row.content, keyId }))).toBe(true)
      expect(
        opens(() =>
          open(parseSealingPrivateKeys(SEALING_PRIVATE_KEY), credentialContext, {
            bytes: row.sealed,
            keyId: row.sealing_key_id,
          }),
        ),
      ).toBe(true)
      expect(opens(() => openAnswer(row.answer, { keyText: truth.managementKey.text, context: answerContext }))).toBe(
        true,
      )
    },
    SLOW,
  )
})
