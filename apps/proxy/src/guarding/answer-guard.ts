import { AppError } from '@atpar/core/errors'
import { guardAnswer, guardText } from '@atpar/core/guard-answer'
import type { GuardResult } from '@atpar/core/guard-scan'
import { isBlocking, nameBlocking, sumFindings, type Finding } from '@atpar/core/guard-text'
import type { GuardPolicy } from '@atpar/core/guardrails'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import { spliceJson } from '@atpar/core/json-splice'
import type { TrailStep } from '@atpar/core/usage-event'
import { describeFinding } from './describe-finding.ts'

/** Looks through the answer of one call. */
export interface AnswerGuard {
  readonly policy: GuardPolicy
  /** @returns the changes, or why the answer must not be sent. What it cost stays: the provider wrote it. */
  whole(json: JsonObject): GuardResult | AppError
  /** The same for an answer that goes as it came, in JSON: what has to change is all that does. */
  bytes(body: Buffer): Uint8Array | AppError
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
  const whole = (json: JsonObject): GuardResult | AppError => {
    const result = guardAnswer(json, policy)
    note(result.findings)
    return result.findings.some(isBlocking) ? withheld(result.findings) : result
  }
  return {
    policy,
    whole,
    bytes: (body) => {
      const result = whole(parseJsonObject(body.toString('utf8')) ?? {})
      return result instanceof AppError ? result : spliceJson(body, result.edits)
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
    message: `A guardrail of your organization withheld the answer: it holds ${nameBlocking(findings)}. The provider wrote it, so it was billed.`,
  })
