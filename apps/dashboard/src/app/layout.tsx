import { GeistMono } from 'geist/font/mono'
import { GeistSans } from 'geist/font/sans'
import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { SimulationBanner } from '../ui/simulation-banner.tsx'
import { readTheme, THEME_COOKIE } from '../ui/theme.ts'
import './globals.css'

// Every page carries a nonce, and addresses are known at start only: nothing is rendered while building.
export const dynamic = 'force-dynamic'

export const metadata: Metadata = {
  title: { default: 'Atpar', template: '%s · Atpar' },
  description: 'Every AI model, one endpoint, at par.',
}
export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fbfbfa' },
    { media: '(prefers-color-scheme: dark)', color: '#0b0c0e' },
  ],
}

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const theme = readTheme((await cookies()).get(THEME_COOKIE)?.value)
  return (
    <html
      lang="en"
      data-theme={theme === 'system' ? undefined : theme}
      className={`${GeistSans.variable} ${GeistMono.variable}`}
    >
      <body className="flex min-h-dvh flex-col font-sans text-sm antialiased has-[>[data-banner]]:[--banner-height:2rem]">
        <a
          href="#content"
          className="sr-only rounded-lg bg-ink px-4 py-2 text-bg focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
        >
          Skip to content
        </a>
        <SimulationBanner />
        {children}
      </body>
    </html>
  )
}
