import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { readSession } from '../auth/session.ts'
import { Footer } from './footer.tsx'
import { PublicHeader } from './public-header.tsx'
import { readTheme, THEME_COOKIE } from './theme.ts'

export const PublicShell = async ({ children }: { readonly children: ReactNode }) => {
  const [cookieStore, session] = await Promise.all([cookies(), readSession()])
  return (
    <>
      <PublicHeader theme={readTheme(cookieStore.get(THEME_COOKIE)?.value)} isSignedIn={session !== null} />
      <main id="content" className="flex flex-1 flex-col">
        {children}
      </main>
      <Footer />
    </>
  )
}
