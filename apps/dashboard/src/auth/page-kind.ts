import { isUuid } from '@atpar/core/ids'

/** `/acme/requests/0192…` → `/requests/…`: what kind of page it is, without whose. */
export const describePage = (path: string, slug: string): string => {
  const [, first, ...rest] = path.split('/')
  if (first !== slug) return 'unknown'
  return `/${rest.map((part) => (isUuid(part) ? '…' : part)).join('/')}`.slice(0, 80)
}
