import { can, type ActingRole, type Permission } from '@atpar/core/permissions'

interface SettingsSection {
  /** Below `/<slug>/settings`. */
  readonly path: string
  readonly label: string
  /** Who sees it; the page itself asks again. */
  readonly permission: Permission
}

/** One line for each page of the settings. */
const SETTINGS_SECTIONS: readonly SettingsSection[] = [
  { path: '', label: 'Organization', permission: 'organization:read' },
  { path: '/billing', label: 'Billing', permission: 'invoice:read' },
  { path: '/content', label: 'Prompts and answers', permission: 'organization:read' },
  { path: '/credentials', label: 'Provider credentials', permission: 'credential:manage' },
  { path: '/endpoints', label: 'Own endpoints', permission: 'credential:manage' },
  { path: '/guardrails', label: 'Guardrails', permission: 'budget:read' },
  { path: '/management-keys', label: 'Management keys', permission: 'management-key:manage' },
  { path: '/audit-log', label: 'Audit log', permission: 'audit:read' },
  { path: '/data', label: 'Data', permission: 'organization:export' },
  { path: '/security', label: 'Security', permission: 'security:manage' },
  { path: '/support', label: 'Support access', permission: 'organization:read' },
]

export const visibleSettingsSections = (role: ActingRole): readonly SettingsSection[] =>
  SETTINGS_SECTIONS.filter(({ permission }) => can(role, permission))
