import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { DATA, SECRETS_FILE } from './paths.mjs'

const GENERATED = {
  KEY_PEPPER_ID: () => 'p1',
  KEY_PEPPER: () => randomBytes(32).toString('hex'),
  SESSION_SECRET: () => randomBytes(32).toString('hex'),
  SEALING_PRIVATE_KEYS: () => randomBytes(32).toString('hex'),
  ROLE_PASSWORD_SECRET: () => randomBytes(32).toString('hex'),
  INTERNAL_TOKEN: () => randomBytes(32).toString('hex'),
  STRIPE_WEBHOOK_SECRET: () => `whsec_${randomBytes(24).toString('hex')}`,
  POSTGRES_PASSWORD: () => randomBytes(24).toString('hex'),
  REDIS_PASSWORD: () => randomBytes(24).toString('hex'),
  DEMO_PASSWORD: () => randomBytes(9).toString('base64url'),
  INSTANCE_ID: () => randomBytes(8).toString('hex'),
}

/** @typedef {{ [Name in keyof typeof GENERATED]: string }} Secrets */

/**
 * The secrets of this installation: made up once and kept in `.data/secrets.json`, which only its owner may read.
 * What is set in `.env` or the environment wins. A file of an older version gains what it lacks.
 * @param {Readonly<Record<string, string | undefined>>} settings
 * @returns {Secrets}
 */
export function loadSecrets(settings) {
  /** @type {Partial<Secrets>} */
  const kept = existsSync(SECRETS_FILE) ? JSON.parse(readFileSync(SECRETS_FILE, 'utf8')) : {}
  const names = /** @type {(keyof Secrets)[]} */ (Object.keys(GENERATED))
  const complete = /** @type {Secrets} */ (
    Object.fromEntries(names.map((name) => [name, kept[name] ?? GENERATED[name]()]))
  )
  if (names.some((name) => kept[name] === undefined)) {
    mkdirSync(DATA, { recursive: true })
    writeFileSync(SECRETS_FILE, `${JSON.stringify(complete, null, 2)}\n`, { mode: 0o600 })
  }
  chmodSync(SECRETS_FILE, 0o600)
  const given = Object.fromEntries(
    names.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])),
  )
  return { ...complete, ...given }
}

/** Not a database role: what the worker's signature of the record of acts is derived for. */
export const AUDIT_SIGNER = 'audit-signer'

/**
 * Changes one secret of this installation; whole or not at all, whatever happens meanwhile.
 * @param {keyof Secrets} name
 * @param {string} value
 */
export function saveSecret(name, value) {
  const kept = JSON.parse(readFileSync(SECRETS_FILE, 'utf8'))
  const fresh = `${SECRETS_FILE}.${process.pid}`
  writeFileSync(fresh, `${JSON.stringify({ ...kept, [name]: value }, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(fresh, SECRETS_FILE)
}

/**
 * The password of a database role, derived so that migrations and services agree without storing it.
 * @param {Pick<Secrets, 'ROLE_PASSWORD_SECRET'>} secrets
 * @param {string} role
 */
export function rolePassword(secrets, role) {
  return createHmac('sha256', secrets.ROLE_PASSWORD_SECRET).update(role).digest('hex')
}
