import type { ManagementRole } from '@atpar/db/management-keys'

/** What each role means for a program. */
export const ROLE_WORDS: Readonly<Record<ManagementRole, { readonly label: string; readonly detail: string }>> = {
  admin: { label: 'Admin', detail: 'members, teams, keys, budgets, credentials, usage, audit log' },
  billing: { label: 'Billing', detail: 'reads spend and invoices, no single request' },
  viewer: { label: 'Viewer', detail: 'reads usage, requests, teams and budgets, changes nothing' },
}
