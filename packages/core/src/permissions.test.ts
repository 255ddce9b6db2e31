import { describe, expect, it } from 'vitest'
import { can, canGrantRole, canInTeam, ROLES, type Permission } from './permissions.ts'

const whoCan = (permission: Permission): readonly string[] => ROLES.filter((role) => can(role, permission))

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
