import type { ActingRole, Role, TeamRole } from '@atpar/core/permissions'

export const ROLE_LABELS: Readonly<Record<ActingRole, string>> = {
  owner: 'Owner',
  admin: 'Admin',
  billing: 'Billing',
  developer: 'Developer',
  viewer: 'Viewer',
  support: 'Support',
}

/** What each role is for, beside the choice of one. */
export const ROLE_HINTS: Readonly<Record<Role, string>> = {
  owner: 'Everything, and may transfer or delete the organization.',
  admin: 'Members, teams, keys, limits and credentials.',
  billing: 'Invoices and payment; no keys, no single request.',
  developer: 'Own keys and own usage.',
  viewer: 'Reads usage and requests, changes nothing.',
}

export const TEAM_ROLE_LABELS: Readonly<Record<TeamRole, string>> = {
  team_admin: 'Team admin',
  developer: 'Member',
}
