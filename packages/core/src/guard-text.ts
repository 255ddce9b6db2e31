import type { GuardAction } from './guardrails.ts'
import type { ActiveRule } from './guard-rules.ts'

/** What was found, how often and what was done about it. Never what it was. */
export interface Finding {
  readonly rule: string
  readonly action: Exclude<GuardAction, 'off'>
  readonly count: number
}

/** Looks through one text after the other, and counts. */
export interface TextGuard {
  /** The same text, but for what is to be blacked out. */
  text(before: string): string
  findings(): readonly Finding[]
}

export const createTextGuard = (rules: readonly ActiveRule[]): TextGuard => {
  const counts = new Map<string, { action: Finding['action']; count: number }>()
  const note = (rule: string, action: Finding['action']): void => {
    const known = counts.get(rule)
    if (known === undefined) counts.set(rule, { action, count: 1 })
    else known.count += 1
  }
  return {
    text: (before) => {
      let after = before
      for (const { name, action, pattern, holds } of rules)
        after = after.replace(pattern, (match: string, at: number, whole: string) => {
          if (holds !== undefined && !holds(match)) return match
          note(name, action)
          return action === 'redact' ? `${escapeBefore(whole, at, match)}[${name}]` : match
        })
      return after
    },
    findings: () => [...counts].map(([rule, found]) => ({ rule, ...found })),
  }
}

const UNICODE_ESCAPE = /^u[0-9a-fA-F]{4}/

/** Words may be JSON in a text (the arguments of a tool): the rest of an escape like \\n stays, or what holds it would be JSON no more. */
const escapeBefore = (whole: string, at: number, match: string): string => {
  let backslashes = 0
  while (whole[at - 1 - backslashes] === '\\') backslashes += 1
  if (backslashes % 2 === 0) return ''
  return UNICODE_ESCAPE.exec(match)?.[0] ?? match.slice(0, 1)
}

/** Adds up what several looks found. */
export const sumFindings = (findings: readonly Finding[]): readonly Finding[] => {
  const sums = new Map<string, Finding>()
  for (const finding of findings) {
    const known = sums.get(finding.rule)
    sums.set(finding.rule, known === undefined ? finding : { ...known, count: known.count + finding.count })
  }
  return [...sums.values()]
}

export const isBlocking = ({ action }: Finding): boolean => action === 'block'

/** What refuses, for whoever is refused: rules and numbers, `email (2), secret (1)`. */
export const nameBlocking = (findings: readonly Finding[]): string =>
  findings
    .filter(isBlocking)
    .map(({ rule, count }) => `${rule} (${count})`)
    .join(', ')
