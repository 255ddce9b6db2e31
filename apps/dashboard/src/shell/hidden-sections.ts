import { can, type ActingRole, type Permission } from '@atpar/core/permissions'

/** What somebody in no team needs at the least; the page itself asks again. The other sections are everyone's. */
const LEAST: Readonly<Record<string, Permission>> = {
  '/keys': 'key:read:own',
  '/requests': 'request:read:own',
  '/invoices': 'invoice:read',
}

/** Sections whose page does not exist for a role. */
export const hiddenSections = (role: ActingRole): readonly string[] =>
  Object.entries(LEAST)
    .filter(([, permission]) => !can(role, permission))
    .map(([path]) => path)
