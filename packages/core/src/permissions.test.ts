import { describe, expect, it } from 'vitest'
import {
  can,
  canGrantRole,
  canInTeam,
  holdsAnyForm,
  isRoleWithin,
  mayChangeRole,
  reaches,
  ROLES,
  type Permission,
  type Role,
  type Standing,
  type TeamRole,
} from './permissions.ts'

const whoCan = (permission: Permission): readonly string[] => ROLES.filter((role) => can(role, permission))

describe('support', () => {
  it('may do nothing that changes anything, and has no role that a member can be given', () => {
    const permissions: readonly Permission[] = [
      'organization:update',
      'organization:delete',
      'member:invite',
      'key:create:own',
      'key:revoke',
      'budget:manage',
      'credential:manage',
      'payment:manage',
      'management-key:manage',
      'support:manage',
    ]
    expect(permissions.filter((permission) => can('support', permission))).toEqual([])
    expect(ROLES).not.toContain('support')
    expect(ROLES.some((role) => canGrantRole('support', role))).toBe(false)
    expect(isRoleWithin('support', 'admin')).toBe(true)
  })
})

describe('reaches', () => {
  const someone = (role: Role, teamRole: TeamRole | null = null): Standing => ({
    role,
    memberId: 'me',
    teamRoles: new Map(teamRole === null ? [] : [['my-team', teamRole]]),
  })
  const mine = { memberId: 'me', teamId: null }
  const theirs = { memberId: 'other', teamId: null }
  const inMyTeam = { memberId: 'other', teamId: 'my-team' }
  const inOtherTeam = { memberId: 'other', teamId: 'other-team' }

  it('gives a developer what is their own and nothing else', () => {
    expect([mine, theirs, inMyTeam].map((thing) => reaches(someone('developer'), 'key:revoke', thing))).toEqual([
      true,
      false,
      false,
    ])
  })
  it('gives a team admin their own team and no other', () => {
    expect(
      [inMyTeam, inOtherTeam].map((thing) => reaches(someone('developer', 'team_admin'), 'budget:manage', thing)),
    ).toEqual([true, false])
  })
  it('gives an admin the organization', () => {
    expect(reaches(someone('admin'), 'key:revoke', inOtherTeam)).toBe(true)
  })
  it('gives a management key nothing as its own', () => {
    expect(reaches({ ...someone('developer'), memberId: null }, 'key:read', { memberId: null, teamId: null })).toBe(
      false,
    )
  })
  it('knows when nothing at all can be in reach', () => {
    expect(holdsAnyForm(someone('developer'), 'budget:manage')).toBe(false)
    expect(holdsAnyForm(someone('developer', 'team_admin'), 'budget:manage')).toBe(true)
    expect(holdsAnyForm(someone('billing'), 'key:read')).toBe(false)
  })
})

describe('can', () => {
  it.each([
    ['organization:delete', ['owner']],
    ['organization:transfer', ['owner']],
    ['payment:manage', ['owner', 'billing']],
    ['invoice:read', ['owner', 'admin', 'billing']],
    ['key:create:own', ['owner', 'admin', 'developer']],
    ['key:create', ['owner', 'admin']],
    ['key:revoke', ['owner', 'admin']],
    ['member:invite', ['owner', 'admin']],
    ['budget:manage', ['owner', 'admin']],
    ['request:read', ['owner', 'admin', 'viewer']],
    ['usage:read', ['owner', 'admin', 'billing', 'viewer']],
    ['audit:read', ['owner', 'admin']],
  ] as const)('gives %s to %j and to nobody else', (permission, roles) => {
    expect(whoCan(permission)).toEqual(roles)
  })

  it('shows billing no single request and lets it make no key', () => {
    const refused: readonly Permission[] = [
      'request:read',
      'request:read:own',
      'key:create',
      'key:create:own',
      'key:create:team',
    ]
    expect(refused.filter((permission) => can('billing', permission))).toEqual([])
  })

  it('lets a viewer change nothing', () => {
    const changes: readonly Permission[] = [
      'organization:update',
      'key:create:own',
      'key:revoke:own',
      'team:manage',
      'budget:manage',
      'route:manage',
      'alert:manage',
    ]
    expect(changes.filter((permission) => can('viewer', permission))).toEqual([])
  })
})

describe('canInTeam', () => {
  it('lets a team admin make keys and budgets in their team, whatever their role outside it', () => {
    expect(canInTeam('developer', 'team_admin', 'key:create:team')).toBe(true)
    expect(canInTeam('viewer', 'team_admin', 'budget:manage:team')).toBe(true)
  })

  it('gives a team admin nothing of the organization', () => {
    expect(canInTeam('developer', 'team_admin', 'key:create')).toBe(false)
    expect(canInTeam('developer', 'team_admin', 'member:invite')).toBe(false)
  })

  it('adds nothing for a plain member of the team or for someone outside it', () => {
    expect(canInTeam('developer', 'developer', 'key:create:team')).toBe(false)
    expect(canInTeam('developer', null, 'key:create:team')).toBe(false)
  })
})

describe('canGrantRole', () => {
  it.each([
    ['owner', ['owner', 'admin', 'billing', 'developer', 'viewer']],
    ['admin', ['admin', 'billing', 'developer', 'viewer']],
    ['billing', []],
    ['developer', []],
    ['viewer', []],
  ] as const)('lets %s hand out %j', (granter, granted) => {
    expect(ROLES.filter((role) => canGrantRole(granter, role))).toEqual(granted)
  })
})

describe('mayChangeRole', () => {
  const pairs = ROLES.flatMap((from) => ROLES.map((to) => ({ from, to })))

  it('lets nobody raise themselves, whatever their role', () => {
    const raises = pairs.filter(({ from, to }) => mayChangeRole({ by: from, isOneself: true, from, to }))
    expect(raises.filter(({ from, to }) => !isRoleWithin(to, from))).toEqual([])
    expect(mayChangeRole({ by: 'admin', isOneself: true, from: 'admin', to: 'owner' })).toBe(false)
    // Billing pays, which an admin may not.
    expect(mayChangeRole({ by: 'admin', isOneself: true, from: 'admin', to: 'billing' })).toBe(false)
    expect(mayChangeRole({ by: 'owner', isOneself: true, from: 'owner', to: 'viewer' })).toBe(true)
  })

  it('lets an admin neither make nor unmake an owner', () => {
    const allowed = pairs.filter(({ from, to }) => mayChangeRole({ by: 'admin', isOneself: false, from, to }))
    expect(allowed.filter(({ from, to }) => from === 'owner' || to === 'owner')).toEqual([])
    expect(allowed).toHaveLength(16)
  })

  it.each(['billing', 'developer', 'viewer'] as const)('lets %s change nobody', (by) => {
    expect(pairs.filter((pair) => mayChangeRole({ by, isOneself: false, ...pair }))).toEqual([])
  })

  it('lets an owner change everybody', () => {
    expect(pairs.every((pair) => mayChangeRole({ by: 'owner', isOneself: false, ...pair }))).toBe(true)
  })
})
