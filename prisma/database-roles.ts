import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { Client } from 'pg'

/** What the services connect as. Each gets its grants and policies in the migrations, none owns a table. */
export const LOGIN_ROLES = ['atpar_app', 'atpar_gateway', 'atpar_shipper', 'atpar_worker'] as const
export type LoginRole = (typeof LOGIN_ROLES)[number]

/** Owns the narrow functions that serve what has no tenant yet. Cannot log in and bypasses nothing. */
const DEFINER_ROLE = 'atpar_definer'

/** Derived, so that whoever starts a service can compute it and nobody has to store it. */
export const deriveRolePassword = (secret: string, role: LoginRole): string =>
  createHmac('sha256', secret).update(role).digest('hex')

const SCRAM_ITERATIONS = 4096

/**
 * What Postgres stores for a password (RFC 5803). Sent instead of the password, because `log_statement = ddl` would write
 * the plain text of `ALTER ROLE … PASSWORD` into the server's log.
 */
const scramVerifier = (password: string): string => {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Roles belong to the cluster, not to the database, so another installation or test run may be at the same row this moment. */
const isRoleRace = (error: unknown): boolean =>
  codeOf(error) === '23505' ||
  codeOf(error) === '42710' ||
  (error instanceof Error && error.message.includes('tuple concurrently updated'))

const ROLE_ATTEMPTS = 20

const runDespiteRaces = async (client: Client, sql: string): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(sql)
      return
    } catch (error) {
      // "Already exists" is what was wanted, unless it came from the update of a shared row, which has to be tried again.
      if (codeOf(error) === '42710') return
      if (!isRoleRace(error) || attempt === ROLE_ATTEMPTS) throw error
      await new Promise((resolve) => setTimeout(resolve, 10 * attempt))
    }
  }
}

const createMissing = async (client: Client): Promise<void> => {
  const { rows } = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles')
  const existing = new Set(rows.map((row) => row.rolname))
  for (const role of LOGIN_ROLES) if (!existing.has(role)) await runDespiteRaces(client, `CREATE ROLE ${role} LOGIN`)
  if (!existing.has(DEFINER_ROLE)) await runDespiteRaces(client, `CREATE ROLE ${DEFINER_ROLE} NOLOGIN`)
}

const refuseDangerous = async (client: Client): Promise<void> => {
  const { rows } = await client.query<{ rolname: string }>(
    'SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND (rolsuper OR rolbypassrls OR rolcreaterole)',
    [[...LOGIN_ROLES, DEFINER_ROLE]],
  )
  if (rows.length === 0) return
  throw new Error(
    `These database roles may bypass row-level security: ${rows.map((row) => row.rolname).join(', ')}. ` +
      'Take SUPERUSER, BYPASSRLS and CREATEROLE from them (ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE), then start again.',
  )
}

/**
 * Creates the roles that are missing, sets their passwords and lets them connect. Works as superuser and as a plain owner with CREATEROLE.
 * Two installations in one cluster share the roles and so must share the secret.
 */
export const ensureRoles = async (client: Client, rolePasswordSecret: string): Promise<void> => {
  await createMissing(client)
  await refuseDangerous(client)
  for (const role of LOGIN_ROLES) {
    await runDespiteRaces(
      client,
      `ALTER ROLE ${role} PASSWORD '${scramVerifier(deriveRolePassword(rolePasswordSecret, role))}'`,
    )
  }
  const { rows } = await client.query<{ database: string; may_hand_over: boolean }>(
    "SELECT quote_ident(current_database()) AS database, pg_has_role(current_user, $1, 'SET') AS may_hand_over",
    [DEFINER_ROLE],
  )
  const [self] = rows
  if (self === undefined) throw new Error('The database returned nothing about itself.')
  await runDespiteRaces(client, `GRANT CONNECT ON DATABASE ${self.database} TO ${LOGIN_ROLES.join(', ')}`)
  // Handing a function to another role takes SET on it, which whoever created the role may give itself. Not INHERIT: policies for a role
  // count for those who inherit it, and the owner of the tables would see every tenant.
  if (!self.may_hand_over) {
    await runDespiteRaces(client, `GRANT ${DEFINER_ROLE} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE`)
  }
}
