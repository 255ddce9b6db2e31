/** Where to go after logging in: a path of this site, nothing else, or a mail could send people elsewhere with our name in front. */
export const safeReturnPath = (value: string | string[] | undefined): string => {
  const path = Array.isArray(value) ? value[0] : value
  if (path === undefined) return '/home'
  const base = 'http://this-site.invalid'
  if (!path.startsWith('/') || !URL.canParse(path, base)) return '/home'
  const url = new URL(path, base)
  return url.origin === base ? `${url.pathname}${url.search}` : '/home'
}
