import type { ReactNode } from 'react'
import { requireOrganization } from '../auth/guard.ts'
import { PageHeader } from '../ui/page-header.tsx'
import { SectionNav } from '../ui/section-nav.tsx'
import { visibleSettingsSections } from './settings-sections.ts'

interface SettingsShellProps {
  readonly params: Promise<{ readonly org: string }>
  readonly children: ReactNode
}

/** The heading of every settings page and the way between them; a page below starts with its cards. */
export const SettingsShell = async ({ params, children }: SettingsShellProps) => {
  const { org } = await params
  const { role } = await requireOrganization(org)
  const sections = visibleSettingsSections(role).map(({ path, label }) => ({ href: `/${org}/settings${path}`, label }))
  return (
    <div className="mx-auto max-w-3xl xl:max-w-none">
      <PageHeader title="Settings" />
      <div className="xl:grid xl:grid-cols-[10rem_minmax(0,48rem)] xl:gap-10">
        <SectionNav label="Settings" sections={sections} isColumnWhenWide />
        <div className="min-w-0 space-y-4">{children}</div>
      </div>
    </div>
  )
}
