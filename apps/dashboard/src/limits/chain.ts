import type { LimitHolder } from '@atpar/db/limit-holders'

/** Whose limits bind a level: of a key its own, its member's, its team's and the organization's; the narrowest first. */
export const chainOf = (narrowest: LimitHolder, holders: readonly LimitHolder[]): readonly LimitHolder[] => {
  const isAbove = (holder: LimitHolder): boolean => {
    switch (holder.scope) {
      case 'key':
        return false
      case 'member':
        return narrowest.scope === 'key' && holder.scopeId === narrowest.memberId
      case 'team':
        return (narrowest.scope === 'key' || narrowest.scope === 'member') && narrowest.teamIds.includes(holder.scopeId)
      case 'organization':
        return narrowest.scope !== 'organization'
    }
  }
  const ORDER = ['key', 'member', 'team', 'organization']
  return [narrowest, ...holders.filter(isAbove).toSorted((a, b) => ORDER.indexOf(a.scope) - ORDER.indexOf(b.scope))]
}
