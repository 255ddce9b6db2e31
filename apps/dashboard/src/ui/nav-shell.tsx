'use client'

import clsx from 'clsx'
import {
  Activity,
  BookOpen,
  ChartColumn,
  Check,
  ChevronsUpDown,
  CircleGauge,
  FileText,
  Gauge,
  KeyRound,
  LogOut,
  Plus,
  Settings,
  ShieldCheck,
  Tags,
  UserRound,
  UsersRound,
  Waypoints,
  type LucideIcon,
} from 'lucide-react'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { DropdownMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import { LogoMark } from './logo.tsx'
import { showInRow } from './show-in-row.ts'
import type { Theme } from './theme.ts'
import { ThemeToggle } from './theme-toggle.tsx'

export interface ShellOrganization {
  readonly slug: string
  readonly name: string
}

interface NavShellProps {
  readonly organization: ShellOrganization
  readonly organizations: readonly ShellOrganization[]
  /** Paths of sections that the reader's role has no page of. */
  readonly hiddenSections: readonly string[]
  /** Operators have pages of their own. */
  readonly user: { readonly name: string; readonly email: string; readonly isOperator: boolean }
  readonly theme: Theme
  readonly onSignOut: () => void
  readonly children: ReactNode
}

const SECTIONS: readonly { readonly path: string; readonly label: string; readonly icon: LucideIcon }[] = [
  { path: '', label: 'Home', icon: Gauge },
  { path: '/usage', label: 'Usage', icon: ChartColumn },
  { path: '/requests', label: 'Requests', icon: Activity },
  { path: '/keys', label: 'Keys', icon: KeyRound },
  { path: '/budgets', label: 'Budgets', icon: CircleGauge },
  { path: '/members', label: 'Members', icon: UsersRound },
  { path: '/teams', label: 'Teams', icon: Waypoints },
  { path: '/invoices', label: 'Invoices', icon: FileText },
  { path: '/settings', label: 'Settings', icon: Settings },
]

/** What belongs to no organization. On a phone the footer leads there. */
const REFERENCE: readonly { readonly href: string; readonly label: string; readonly icon: LucideIcon }[] = [
  { href: '/models', label: 'Models and prices', icon: Tags },
  { href: '/docs', label: 'Documentation', icon: BookOpen },
]

const MENU = 'z-50 min-w-56 rounded-xl border bg-raised p-1.5 text-sm shadow-xl'
const MENU_ITEM =
  'flex cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-2 outline-none data-[highlighted]:bg-subtle [&_svg]:size-4 [&_svg]:text-muted'

const Initial = ({ name }: { readonly name: string }) => (
  <span
    className="flex size-6 shrink-0 items-center justify-center rounded-md bg-accent-soft text-xs font-semibold text-accent"
    aria-hidden
  >
    {(name.trim()[0] ?? '·').toUpperCase()}
  </span>
)

const OrganizationMenu = ({ organization, organizations }: Pick<NavShellProps, 'organization' | 'organizations'>) => (
  <DropdownMenu.Root modal={false}>
    <DropdownMenu.Trigger className="flex h-9 min-w-0 items-center gap-2 rounded-lg px-2 text-sm font-medium hover:bg-subtle lg:w-full">
      <Initial name={organization.name} />
      <span className="truncate">{organization.name}</span>
      <ChevronsUpDown className="ml-auto size-3.5 shrink-0 text-faint" aria-hidden />
    </DropdownMenu.Trigger>
    <DropdownMenu.Content align="start" sideOffset={6} className={MENU}>
      {organizations.map((candidate) => (
        <DropdownMenu.Item key={candidate.slug} asChild>
          <Link href={`/${candidate.slug}`} className={MENU_ITEM}>
            <Initial name={candidate.name} />
            <span className="truncate">{candidate.name}</span>
            {candidate.slug === organization.slug && <Check className="ml-auto" aria-label="current" />}
          </Link>
        </DropdownMenu.Item>
      ))}
      <DropdownMenu.Separator className="my-1.5 border-t" />
      <DropdownMenu.Item asChild>
        <Link href="/new-organization" className={MENU_ITEM}>
          <Plus aria-hidden /> New organization
        </Link>
      </DropdownMenu.Item>
    </DropdownMenu.Content>
  </DropdownMenu.Root>
)

const UserMenu = ({ user, onSignOut }: Pick<NavShellProps, 'user' | 'onSignOut'>) => (
  <DropdownMenu.Root modal={false}>
    <DropdownMenu.Trigger className="relative flex h-9 min-w-0 items-center gap-2 rounded-lg px-2 text-sm hover:bg-subtle lg:flex-1">
      <span
        className="flex size-6 shrink-0 items-center justify-center rounded-full bg-subtle text-xs font-semibold text-muted"
        aria-hidden
      >
        {(user.name.trim()[0] ?? '·').toUpperCase()}
      </span>
      <span className="truncate max-lg:sr-only">{user.name}</span>
      <span className="sr-only">, account menu</span>
    </DropdownMenu.Trigger>
    <DropdownMenu.Content align="end" sideOffset={6} className={MENU}>
      <p className="truncate px-2.5 pt-1.5 pb-2 text-[13px] text-muted">{user.email}</p>
      <DropdownMenu.Item asChild>
        <Link href="/account" className={MENU_ITEM}>
          <UserRound aria-hidden /> Account
        </Link>
      </DropdownMenu.Item>
      {user.isOperator && (
        <DropdownMenu.Item asChild>
          <Link href="/operator" className={MENU_ITEM}>
            <ShieldCheck aria-hidden /> Operator
          </Link>
        </DropdownMenu.Item>
      )}
      <DropdownMenu.Item className={MENU_ITEM} onSelect={onSignOut}>
        <LogOut aria-hidden /> Log out
      </DropdownMenu.Item>
    </DropdownMenu.Content>
  </DropdownMenu.Root>
)

const SectionLinks = ({ slug, hidden }: { readonly slug: string; readonly hidden: readonly string[] }) => {
  const pathname = usePathname()
  return SECTIONS.filter(({ path }) => !hidden.includes(path)).map(({ path, label, icon: Icon }) => {
    const href = `/${slug}${path}`
    const isCurrent = path === '' ? pathname === href : pathname === href || pathname.startsWith(`${href}/`)
    return (
      <Link
        key={path}
        href={href}
        // Where the sections are a row that scrolls, the current one must not be outside of it.
        ref={isCurrent ? showInRow : undefined}
        aria-current={isCurrent ? 'page' : undefined}
        className={clsx(
          'flex items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-sm whitespace-nowrap hover:text-ink max-lg:py-2 lg:hover:bg-subtle',
          isCurrent
            ? 'font-medium text-ink lg:bg-subtle max-lg:underline max-lg:decoration-2 max-lg:underline-offset-[13px]'
            : 'text-muted',
        )}
      >
        <Icon className="size-4 max-lg:hidden" aria-hidden />
        {label}
      </Link>
    )
  })
}

/** A side bar from 1,024 px up; below it a top bar with the sections as a row that scrolls by itself. */
export const NavShell = ({
  organization,
  organizations,
  hiddenSections,
  user,
  theme,
  onSignOut,
  children,
}: NavShellProps) => (
  <div className="flex min-h-0 flex-1 max-lg:flex-col">
    <div className="border-b bg-surface lg:w-60 lg:shrink-0 lg:border-r lg:border-b-0">
      <div className="lg:sticky lg:top-0 lg:flex lg:h-full lg:max-h-[calc(100dvh-var(--banner-height,0px))] lg:flex-col">
        <div className="flex h-14 items-center gap-1 px-3">
          <Link href="/" aria-label="Atpar, start page" className="rounded-lg p-1.5">
            <LogoMark className="size-6" />
          </Link>
          <div className="min-w-0 flex-1">
            <OrganizationMenu organization={organization} organizations={organizations} />
          </div>
          <div className="flex items-center lg:hidden">
            <ThemeToggle initial={theme} />
            <UserMenu user={user} onSignOut={onSignOut} />
          </div>
        </div>
        <nav
          aria-label="Organization"
          className="flex overflow-x-auto px-3 max-lg:h-11 max-lg:items-center lg:flex-col lg:gap-0.5 lg:pt-2"
        >
          <SectionLinks slug={organization.slug} hidden={hiddenSections} />
        </nav>
        <nav aria-label="Reference" className="mt-auto flex flex-col gap-0.5 px-3 py-3 max-lg:hidden">
          {REFERENCE.map(({ href, label, icon: Icon }) => (
            <Link
              key={href}
              href={href}
              className="flex items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-sm text-muted hover:bg-subtle hover:text-ink"
            >
              <Icon className="size-4" aria-hidden />
              {label}
            </Link>
          ))}
        </nav>
        <div className="flex items-center gap-1 border-t p-3 max-lg:hidden">
          <UserMenu user={user} onSignOut={onSignOut} />
          <ThemeToggle initial={theme} />
        </div>
      </div>
    </div>
    <div className="flex min-w-0 flex-1 flex-col">{children}</div>
  </div>
)
