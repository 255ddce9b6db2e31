import { AppError } from '@atpar/core/errors'
import { guardAnswer, guardText } from '@atpar/core/guard-answer'
import type { GuardResult } from '@atpar/core/guard-scan'
import { isBlocking, sumFindings, type Finding } from '@atpar/core/guard-text'
import type { GuardPolicy } from '@atpar/core/guardrails'
import type { JsonObject } from '@atpar/core/json'
import type { TrailStep } from '@atpar/core/usage-event'
import { describeFinding } from './describe-finding.ts'

/** Looks through the answer of one call. */
export interface AnswerGuard {
  readonly policy: GuardPolicy
  /** @returns the changes, or why the answer must not be sent. What it cost stays: the provider wrote it. */
  whole(json: JsonObject): GuardResult | AppError
  text(words: string): string | AppError
  /** What a stream was found to hold. */
  note(findings: readonly Finding[]): void
  /** Everything that was found. */
  trail(): readonly TrailStep[]
}

export const openAnswerGuard = (policy: GuardPolicy): AnswerGuard => {
  let found: readonly Finding[] = []
  const note = (findings: readonly Finding[]): void => {
    found = sumFindings([...found, ...findings])
  }
  return {
    policy,
    whole: (json) => {
      const result = guardAnswer(json, policy)
      note(result.findings)
      return result.findings.some(isBlocking) ? withheld(result.findings) : result
    },
    text: (words) => {
      const { text, findings } = guardText(words, policy)
      note(findings)
      return findings.some(isBlocking) ? withheld(findings) : text
    },
    note,
    trail: () => found.map((finding) => describeFinding(finding, 'answer')),
  }
}

/** What the caller is told in place of an answer. */
export const withheld = (findings: readonly Finding[]): AppError =>
  new AppError('answer_withheld', {
    message: `A guardrail of your organization withheld the answer: it holds ${findings
      .filter(isBlocking)
      .map(({ rule, count }) => `${rule} (${count})`)
      .join(', ')}. The provider wrote it, so it was billed.`,
  })
