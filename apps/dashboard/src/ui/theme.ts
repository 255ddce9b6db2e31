export type Theme = 'system' | 'light' | 'dark'

/** A cookie and not local storage: the server paints the chosen theme at once, and no inline script is needed. */
export const THEME_COOKIE = 'atpar-theme'

export const readTheme = (value: string | undefined): Theme =>
  value === 'light' || value === 'dark' ? value : 'system'
