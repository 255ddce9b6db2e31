import type { Pool } from './pool.ts'

interface RoleFacts {
  readonly name: string
  readonly bypasses: boolean
  readonly owned: number
}

/**
 * Called at boot by every service: a role that owns tables or bypasses row-level security would make tenancy depend on the code alone.
 * @throws Error naming the role and what is wrong with it.
 */
export const assertRoleIsSafe = async (pool: Pool): Promise<void> => {
  const { rows } = await pool.query<RoleFacts>(`
    SELECT r.rolname AS name, r.rolsuper OR r.rolbypassrls AS bypasses,
      (SELECT count(*)::int FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS owned
    FROM pg_roles r WHERE r.rolname = current_user`)
  const [role] = rows
  if (role === undefined) throw new Error('The database does not know the role it is connected as.')
  if (role.bypasses)
    throw new Error(
      `Database role ${role.name} bypasses row-level security. Services connect as atpar_app, atpar_gateway, atpar_shipper or atpar_worker.`,
    )
  if (role.owned > 0)
    throw new Error(
      `Database role ${role.name} owns ${role.owned} tables. Services connect as atpar_app, atpar_gateway, atpar_shipper or atpar_worker.`,
    )
}
