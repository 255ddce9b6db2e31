const HOME = '/home'
const BASE = 'http://this-site.invalid'
const MAX_LENGTH = 2_000

/**
 * Where to go after signing in: a path of this site, nothing else, or a mail could send people elsewhere with our name in front. The path is
 * judged as a browser would read it: tabs and line ends dropped, back-slashes turned, dots resolved.
 */
export const safeReturnPath = (value: string | readonly string[] | undefined): string => {
  const path = typeof value === 'string' ? value : value?.[0]
  if (path === undefined || path.length > MAX_LENGTH || !path.startsWith('/') || !URL.canParse(path, BASE)) return HOME
  const url = new URL(path, BASE)
  // `/.//host` resolves to `//host`, which a browser takes for another site.
  return url.origin === BASE && !url.pathname.startsWith('//') ? `${url.pathname}${url.search}` : HOME
}
