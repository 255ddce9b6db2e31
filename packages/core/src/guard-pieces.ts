import type { ActiveRule } from './guard-rules.ts'
import { createTextGuard, isBlocking, type Finding } from './guard-text.ts'

/** Looks through a text that comes in pieces, and lets go of it only as far as nothing that is looked for can still be on its way. */
export interface PieceGuard {
  /** What may go on now. Once something is to be refused, nothing any more. */
  push(piece: string): string
  /** The text is complete: the rest of it. */
  end(): string
  isBlocked(): boolean
  findings(): readonly Finding[]
}

/** Whatever is looked for begins and ends at a boundary, or is one of those rules that say how they begin. */
const INSIDE = /[\p{L}\p{N}_.%+@\\-]/u
/** More is held back of nothing: the longest of what is looked for is less than half of it. */
const MOST_HELD = 20_000
const LONGEST_MATCH = 8_300

/** @param longestTerm characters of the longest blocked term; 0 when there is none */
export const createPieceGuard = (
  rules: readonly ActiveRule[],
  { longestTerm }: { readonly longestTerm: number },
): PieceGuard => {
  const scan = createTextGuard(rules)
  // Those whose matches hold boundaries, so that they may lie across the place where the text is cut.
  const wide = rules.filter(({ opens, name }) => opens !== undefined || name === 'blocked-term')
  const margin = longestTerm === 0 ? 0 : longestTerm * 2 + 1
  let held = ''
  let lookAgainAt = 0
  let isBlocked = false

  const release = (to: number): string => {
    const part = held.slice(0, to)
    held = held.slice(to)
    const out = scan.text(part)
    isBlocked ||= scan.findings().some(isBlocking)
    return isBlocked ? '' : out
  }

  return {
    push: (piece) => {
      if (isBlocked || piece === '') return ''
      held += piece
      // A long word is looked at again when it has doubled, not with every piece of it.
      if (held.length < lookAgainAt && !hasBoundary(piece)) return ''
      const to = findCut(held, { wide, margin })
      const out = to === 0 ? '' : release(to)
      lookAgainAt = Math.min(held.length * 2, MOST_HELD)
      return out
    },
    end: () => (isBlocked ? '' : release(held.length)),
    isBlocked: () => isBlocked,
    findings: scan.findings,
  }
}

const isBoundary = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  // Half of a character: as if it were a letter.
  return (code < 0xd800 || code > 0xdfff) && !INSIDE.test(text.charAt(at))
}

const hasBoundary = (piece: string): boolean => {
  for (let at = 0; at < piece.length; at += 1) if (isBoundary(piece, at)) return true
  return false
}

/** The last place at or before `limit` with a boundary in front of it. */
const cutBefore = (text: string, limit: number): number => {
  let at = Math.max(0, Math.min(limit, text.length))
  while (at > 0 && !isBoundary(text, at - 1)) at -= 1
  return at
}

/** How much of a text may go. */
const findCut = (
  text: string,
  { wide, margin }: { readonly wide: readonly ActiveRule[]; readonly margin: number },
): number => {
  let limit = text.length - margin
  for (const { opens } of wide) {
    const at = opens === undefined ? -1 : text.search(opens)
    if (at !== -1) limit = Math.min(limit, at)
  }
  // What has been going on for so long is none of what is looked for.
  const isOverdue = text.length >= MOST_HELD
  let cut = isOverdue ? Math.max(text.length - LONGEST_MATCH, 0) : cutBefore(text, limit)
  for (let moved = cut > 0; moved;) {
    moved = false
    for (const { pattern } of wide)
      for (const match of text.matchAll(pattern)) {
        if (match.index >= cut) break
        if (match.index + match[0].length <= cut) continue
        cut = isOverdue ? match.index : cutBefore(text, match.index)
        moved = cut > 0
      }
  }
  return cut
}
