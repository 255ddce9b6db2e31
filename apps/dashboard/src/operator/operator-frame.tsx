import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { Footer } from '../ui/footer.tsx'
import { PublicHeader } from '../ui/public-header.tsx'
import { SectionNav } from '../ui/section-nav.tsx'
import { readTheme, THEME_COOKIE } from '../ui/theme.ts'

const SECTIONS = [
  { href: '/operator', label: 'Support visits' },
  { href: '/operator/accounts', label: 'Accounts' },
  { href: '/operator/proofs', label: 'Proofs' },
  { href: '/operator/prices', label: 'Prices' },
  { href: '/operator/stripe', label: 'Stripe' },
  { href: '/operator/reconciliation', label: 'Reconciliation' },
]

export const OperatorFrame = async ({ children }: { readonly children: ReactNode }) => {
  const cookieStore = await cookies()
  return (
    <>
      <PublicHeader theme={readTheme(cookieStore.get(THEME_COOKIE)?.value)} isSignedIn />
      <main id="content" className="mx-auto w-full max-w-6xl flex-1 px-5 py-10">
        <SectionNav label="Operator" sections={SECTIONS} />
        <div className="space-y-4">{children}</div>
      </main>
      <Footer />
    </>
  )
}
