/** The one place below `prisma/` that reads the environment. */

const required = (name: string, expected: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set: expected ${expected}.`)
  return value
}

export interface MigrationEnv {
  readonly databaseUrl: string
  readonly rolePasswordSecret: string
}

export const readMigrationEnv = (): MigrationEnv => ({
  databaseUrl: required('DATABASE_URL', 'postgres://user:password@host:port/database of the role that owns the tables'),
  rolePasswordSecret: required(
    'ROLE_PASSWORD_SECRET',
    'the secret from which the passwords of the database roles are derived',
  ),
})

export interface SeedEnv {
  readonly databaseUrl: string
  /** `id:hex,id:hex`; the first one is used for new keys. */
  readonly keyPeppers: string
  readonly demoPassword: string
  /** Where the demo login and key are written, once. */
  readonly demoKeyFile: string
  /** `SEED_DEMO=off` leaves the database without an organization: it is someone's own. */
  readonly isDemoWanted: boolean
}

export const readSeedEnv = (): SeedEnv => ({
  databaseUrl: required('DATABASE_URL', 'postgres://user:password@host:port/database of the role that owns the tables'),
  keyPeppers: required('KEY_PEPPERS', 'one or more id:hex, separated by commas'),
  demoPassword: required('DEMO_PASSWORD', 'the password of the demo logins'),
  demoKeyFile: required('DEMO_KEY_FILE', 'a file to write the demo login and key to'),
  isDemoWanted: process.env['SEED_DEMO'] !== 'off',
})
