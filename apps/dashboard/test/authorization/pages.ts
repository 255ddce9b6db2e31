import type { Permission, ScopedPermission } from '@atpar/core/permissions'
import type { Place } from './people.ts'

/** What the test knows of a page on its own account: stated here a second time on purpose, so that a slip in the page shows. */
export interface PageCase {
  readonly permission: Permission | ScopedPermission
  /** The last part of the address, where the page is about one thing. */
  readonly id?: (place: Place) => string
}

/** Every page below an organization by its folder. One that is missing here fails the test. */
export const PAGES: Readonly<Record<string, PageCase>> = {
  '(home)': { permission: 'organization:read' },
  budgets: { permission: 'budget:read' },
  'invoices/(list)': { permission: 'invoice:read' },
  'invoices/[id]': { permission: 'invoice:read', id: ({ invoiceId }) => invoiceId },
  'keys/(list)': { permission: 'key:read' },
  'keys/[id]': { permission: 'key:read', id: ({ keyId }) => keyId },
  'members/(list)': { permission: 'member:read' },
  'members/[id]': { permission: 'member:read', id: ({ memberId }) => memberId },
  'requests/(list)': { permission: 'request:read' },
  'requests/[id]': { permission: 'request:read', id: ({ requestId }) => requestId },
  settings: { permission: 'organization:read' },
  'settings/audit-log': { permission: 'audit:read' },
  'settings/billing': { permission: 'invoice:read' },
  'settings/content': { permission: 'organization:read' },
  'settings/credentials': { permission: 'credential:manage' },
  'settings/data': { permission: 'organization:export' },
  'settings/endpoints': { permission: 'credential:manage' },
  'settings/guardrails': { permission: 'budget:read' },
  'settings/management-keys': { permission: 'management-key:manage' },
  'settings/security': { permission: 'security:manage' },
  'settings/support': { permission: 'organization:read' },
  start: { permission: 'organization:read' },
  'teams/(list)': { permission: 'team:read' },
  'teams/[id]': { permission: 'team:read', id: ({ teamId }) => teamId },
  usage: { permission: 'usage:read' },
}
