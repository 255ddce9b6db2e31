import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { Footer } from '../../ui/footer.tsx'
import { PublicHeader } from '../../ui/public-header.tsx'
import { readTheme, THEME_COOKIE } from '../../ui/theme.ts'

export const AccountFrame = async ({ children }: { readonly children: ReactNode }) => (
  <>
    <PublicHeader theme={readTheme((await cookies()).get(THEME_COOKIE)?.value)} isSignedIn />
    <main id="content" className="mx-auto w-full max-w-3xl flex-1 space-y-4 px-5 py-10">
      {children}
    </main>
    <Footer />
  </>
)
