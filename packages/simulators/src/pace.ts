import type { Directive } from './directives.ts'

/** How fast answers come when nothing else is asked for. */
export interface Pace {
  firstTokenDelayMs: number
  tokenDelayMs: number
}

/** The pace of one answer: a directive's word, else the installation's. */
export function paceOf(directive: Directive, ordinary: Pace): Pace {
  return {
    firstTokenDelayMs: directive.first_ms ?? ordinary.firstTokenDelayMs,
    tokenDelayMs: directive.delay_ms ?? ordinary.tokenDelayMs,
  }
}

/** Tokens a model at this pace has made after a while, at most `total`. */
export function tokensMadeBy(elapsedMs: number, total: number, pace: Pace): number {
  const generatingMs = elapsedMs - pace.firstTokenDelayMs
  if (generatingMs < 0) return 0
  return pace.tokenDelayMs === 0 ? total : Math.min(total, Math.floor(generatingMs / pace.tokenDelayMs))
}
