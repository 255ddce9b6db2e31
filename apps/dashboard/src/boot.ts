import { createPool } from '@atpar/db/pool'
import { assertRoleIsSafe } from '@atpar/db/role-safety'
import { readEnv } from './env.ts'

const checkRole = async (): Promise<void> => {
  const pool = createPool({ url: readEnv().databaseUrl, max: 1, applicationName: 'dashboard-boot' })
  try {
    await assertRoleIsSafe(pool)
  } finally {
    await pool.end()
  }
}

/**
 * Before the first request: the environment is complete, and the database role can neither own a table nor pass by a policy. Ends the process
 * otherwise, because Next would go on and answer every request with an error.
 */
export const prepareToServe = async (): Promise<void> => {
  try {
    await checkRole()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
