/**
 * Who may do what, once: the screens, the actions and the management API all ask `can`. A permission that ends in `:own` reaches what belongs to
 * the member, `:team` what belongs to the teams they administer; the longer one without either reaches the whole organization.
 */

export const ROLES = ['owner', 'admin', 'billing', 'developer', 'viewer'] as const
/** Role of a member in the organization. */
export type Role = (typeof ROLES)[number]

/** What somebody may act as: a member's role, or an operator whom the organization lets look, which no member can be. */
export type ActingRole = Role | 'support'

export const TEAM_ROLES = ['team_admin', 'developer'] as const
/** Role of a member in one team, on top of the one in the organization. */
export type TeamRole = (typeof TEAM_ROLES)[number]

const PERMISSIONS = [
  'organization:read',
  'organization:update',
  'organization:transfer',
  'organization:delete',
  'organization:export',
  'member:read',
  'member:invite',
  'member:update',
  'member:remove',
  'team:read',
  'team:manage',
  'key:read:own',
  'key:read:team',
  'key:read',
  'key:create:own',
  'key:create:team',
  'key:create',
  'key:revoke:own',
  'key:revoke:team',
  'key:revoke',
  'budget:read',
  'budget:manage:team',
  'budget:manage',
  'usage:read:own',
  'usage:read:team',
  'usage:read',
  'request:read:own',
  'request:read:team',
  'request:read',
  'route:read',
  'route:manage',
  'credential:manage',
  'content:read',
  'content:manage',
  'alert:manage',
  'invoice:read',
  'payment:manage',
  'audit:read',
  'management-key:manage',
  'support:manage',
  'security:manage',
] as const
export type Permission = (typeof PERMISSIONS)[number]

const VIEWER: readonly Permission[] = [
  'organization:read',
  'member:read',
  'team:read',
  'key:read:own',
  'budget:read',
  'usage:read:own',
  'usage:read:team',
  'usage:read',
  'request:read:own',
  'request:read:team',
  'request:read',
  'route:read',
]

/** Makes and stops own keys, sees own usage by the numbers the invoice uses. */
const DEVELOPER: readonly Permission[] = [
  'organization:read',
  'member:read',
  'team:read',
  'key:read:own',
  'key:create:own',
  'key:revoke:own',
  'budget:read',
  'usage:read:own',
  'request:read:own',
  'route:read',
]

/** Pays: sees money, no single request and no prompt, and makes no key. */
const BILLING: readonly Permission[] = [
  'organization:read',
  'member:read',
  'team:read',
  'budget:read',
  'usage:read:own',
  'usage:read:team',
  'usage:read',
  'invoice:read',
  'payment:manage',
]

/** Looks and never touches: sees how things are set up and what went wrong. No prompt, no secret, no credential, no invitation. */
const SUPPORT: readonly Permission[] = [...VIEWER, 'key:read', 'invoice:read', 'audit:read']

const ADMIN: readonly Permission[] = PERMISSIONS.filter(
  (permission) =>
    ![
      'organization:transfer',
      'organization:delete',
      'organization:export',
      'payment:manage',
      'security:manage',
    ].includes(permission),
)

const BY_ROLE: Readonly<Record<ActingRole, ReadonlySet<Permission>>> = {
  owner: new Set(PERMISSIONS),
  admin: new Set(ADMIN),
  billing: new Set(BILLING),
  developer: new Set(DEVELOPER),
  viewer: new Set(VIEWER),
  support: new Set(SUPPORT),
}

/** What administering a team adds, inside that team only. */
const TEAM_ADMIN: ReadonlySet<Permission> = new Set<Permission>([
  'key:read:team',
  'key:create:team',
  'key:revoke:team',
  'budget:manage:team',
  'usage:read:team',
  'request:read:team',
])
const NOTHING: ReadonlySet<Permission> = new Set()
const BY_TEAM_ROLE: Readonly<Record<TeamRole, ReadonlySet<Permission>>> = { team_admin: TEAM_ADMIN, developer: NOTHING }

export const can = (role: ActingRole, permission: Permission): boolean => BY_ROLE[role].has(permission)

/** Within one team: what the role in the organization allows, or the role in that team. */
export const canInTeam = (role: ActingRole, teamRole: TeamRole | null, permission: Permission): boolean =>
  can(role, permission) || (teamRole !== null && BY_TEAM_ROLE[teamRole].has(permission))

/** Only an owner makes an owner; every other role is for those who manage members to give. */
export const canGrantRole = (granter: ActingRole, granted: Role): boolean =>
  granted === 'owner' ? granter === 'owner' : can(granter, 'member:update')

/** Whether a role includes nothing that the other one lacks. */
export const isRoleWithin = (role: ActingRole, other: ActingRole): boolean =>
  [...BY_ROLE[role]].every((permission) => can(other, permission))

/**
 * Whether someone may give a member, themselves included, another role. Others: both the role they have and the new one must be theirs to give, or an
 * admin could demote an owner. Oneself: only downwards, whoever one is.
 */
export const mayChangeRole = (change: {
  readonly by: ActingRole
  readonly isOneself: boolean
  readonly from: Role
  readonly to: Role
}): boolean =>
  change.isOneself
    ? isRoleWithin(change.to, change.from)
    : canGrantRole(change.by, change.from) && canGrantRole(change.by, change.to)

/** Who asks, as far as the table needs to know them. */
export interface Standing {
  readonly role: ActingRole
  /** Null for a management key: nothing is its own. */
  readonly memberId: string | null
  readonly teamRoles: ReadonlyMap<string, TeamRole>
}

/** Whose the thing is that someone wants to reach. */
export interface Belonging {
  readonly memberId: string | null
  readonly teamId: string | null
}

/** Permissions that come in several lengths, with their shorter forms. */
const SHORTER_FORMS = {
  'key:read': { own: 'key:read:own', team: 'key:read:team' },
  'key:create': { own: 'key:create:own', team: 'key:create:team' },
  'key:revoke': { own: 'key:revoke:own', team: 'key:revoke:team' },
  'budget:manage': { own: null, team: 'budget:manage:team' },
  'usage:read': { own: 'usage:read:own', team: 'usage:read:team' },
  'request:read': { own: 'request:read:own', team: 'request:read:team' },
} as const satisfies Record<string, { own: Permission | null; team: Permission }>
export type ScopedPermission = keyof typeof SHORTER_FORMS

/** Whether the organization-wide form, the team's or the member's own form of a permission covers this thing. */
export const reaches = (who: Standing, permission: ScopedPermission, thing: Belonging): boolean => {
  if (can(who.role, permission)) return true
  const { own, team } = SHORTER_FORMS[permission]
  if (thing.teamId !== null && canInTeam(who.role, who.teamRoles.get(thing.teamId) ?? null, team)) return true
  return own !== null && who.memberId !== null && thing.memberId === who.memberId && can(who.role, own)
}

export const isScopedPermission = (permission: string): permission is ScopedPermission => permission in SHORTER_FORMS

/** Whether any length of the permission is theirs, so that some thing could be within their reach. */
export const holdsAnyForm = (who: Standing, permission: ScopedPermission): boolean => {
  const { own, team } = SHORTER_FORMS[permission]
  if (can(who.role, permission) || (own !== null && who.memberId !== null && can(who.role, own))) return true
  return [...who.teamRoles.values()].some((teamRole) => canInTeam(who.role, teamRole, team))
}
