'use client'

import { Monitor, Moon, Sun } from 'lucide-react'
import { useState } from 'react'
import { THEME_COOKIE, type Theme } from './theme.ts'

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const LABEL: Record<Theme, string> = { system: 'System theme', light: 'Light theme', dark: 'Dark theme' }
const ICON = { system: Monitor, light: Sun, dark: Moon }
const YEAR_SECONDS = 31_536_000

export const ThemeToggle = ({ initial }: { readonly initial: Theme }) => {
  const [theme, setTheme] = useState(initial)
  const Icon = ICON[theme]
  const change = () => {
    const next = NEXT[theme]
    setTheme(next)
    if (next === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = next
    document.cookie = `${THEME_COOKIE}=${next}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`
  }
  return (
    <button
      type="button"
      onClick={change}
      aria-label={`${LABEL[theme]}. Change to ${LABEL[NEXT[theme]].toLowerCase()}`}
      title={LABEL[theme]}
      className="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-subtle hover:text-ink"
    >
      <Icon className="size-4" aria-hidden />
    </button>
  )
}
