import Link from 'next/link'
import { buttonClass } from './button.tsx'
import { Logo } from './logo.tsx'
import type { Theme } from './theme.ts'
import { ThemeToggle } from './theme-toggle.tsx'

export const PublicHeader = ({ theme, isSignedIn }: { readonly theme: Theme; readonly isSignedIn: boolean }) => (
  <header className="sticky top-0 z-20 border-b bg-bg/85 backdrop-blur">
    <div className="mx-auto flex h-14 w-full max-w-6xl items-center gap-1 px-5 sm:gap-2">
      <Link href="/" aria-label="Atpar, start page" className="mr-auto rounded-lg sm:mr-4">
        <Logo />
      </Link>
      <nav aria-label="Main" className="flex items-center gap-1 sm:mr-auto">
        <Link href="/models" className={buttonClass('quiet', 'small', 'max-sm:px-2')}>
          Prices
        </Link>
        <Link href="/docs" className={buttonClass('quiet', 'small', 'max-sm:px-2')}>
          Docs
        </Link>
      </nav>
      <span className="max-sm:hidden">
        <ThemeToggle initial={theme} />
      </span>
      {isSignedIn ? (
        <Link href="/home" className={buttonClass('primary', 'small')}>
          Dashboard
        </Link>
      ) : (
        <>
          <Link href="/log-in" className={buttonClass('quiet', 'small', 'max-sm:px-2')}>
            Log in
          </Link>
          <Link href="/sign-up" className={buttonClass('primary', 'small', 'max-sm:hidden')}>
            Sign up
          </Link>
        </>
      )}
    </div>
  </header>
)
