import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { requireOrganization } from '../auth/guard.ts'
import { Footer } from '../ui/footer.tsx'
import { readTheme, THEME_COOKIE } from '../ui/theme.ts'
import { hiddenSections } from './hidden-sections.ts'
import { OrganizationNotices } from './organization-notices.tsx'
import { SignedInShell } from './signed-in-shell.tsx'

interface OrganizationShellProps {
  readonly params: Promise<{ readonly org: string }>
  readonly children: ReactNode
}

// Checked here, above every loading state: once a skeleton is sent the answer is a 200 and can no longer become a 404.
export const OrganizationShell = async ({ params, children }: OrganizationShellProps) => {
  const { org } = await params
  const [visit, cookieStore] = await Promise.all([requireOrganization(org), cookies()])
  const { session, organization, organizations, role } = visit
  return (
    <SignedInShell
      organization={{ slug: organization.slug, name: organization.name }}
      organizations={organizations.map(({ slug, name }) => ({ slug, name }))}
      hiddenSections={hiddenSections(role)}
      user={{ name: session.name, email: session.email, isOperator: session.isOperator }}
      theme={readTheme(cookieStore.get(THEME_COOKIE)?.value)}
    >
      <OrganizationNotices visit={visit} />
      <main id="content" className="mx-auto w-full max-w-6xl flex-1 px-5 py-7 lg:px-8">
        {children}
      </main>
      <Footer isBesideSections />
    </SignedInShell>
  )
}
