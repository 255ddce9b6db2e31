import { z } from 'zod'
import { guardText } from '@atpar/core/guard-answer'
import { guardBody } from '@atpar/core/guard-scan'
import { isBlocking, type Finding } from '@atpar/core/guard-text'
import { combinePolicies } from '@atpar/core/guardrails'
import { listGuardrails } from '@atpar/db/guardrails'
import type { Level, LimitHolder } from '@atpar/db/limit-holders'
import { defineAct } from '../define-act.ts'
import { limitHolder } from '../limits/limit-inputs.ts'
import { requireVisible } from '../limits/limit-reach.ts'

/** What a text would come to. */
export interface GuardTrial {
  readonly findings: readonly Finding[]
  readonly isRefused: boolean
  /** As it would go on. */
  readonly text: string
}

export interface GuardTrials {
  readonly request: GuardTrial
  /** Null when answers are not looked through. */
  readonly answer: GuardTrial | null
}

/** What binds a request of this level: its own policy and those above it, as the gateway finds them for a key. */
const chainOf = (holder: LimitHolder, orgId: string): readonly Level[] => [
  { scope: 'organization', scopeId: orgId },
  ...holder.teamIds.slice(0, 1).map((scopeId): Level => ({ scope: 'team', scopeId })),
  ...(holder.memberId === null ? [] : [{ scope: 'member', scopeId: holder.memberId } as const]),
  { scope: holder.scope, scopeId: holder.scopeId },
]

const trialOf = (findings: readonly Finding[], text: string): GuardTrial => ({
  findings,
  isRefused: findings.some(isBlocking),
  text,
})

/** What the guardrails of a level would do to a text. Nothing is sent or kept. @throws AppError not_found when the level is not theirs to see */
export const tryGuardrailsAct = defineAct({
  name: 'try-guardrails',
  effect: 'read',
  permission: 'budget:read',
  input: z.strictObject({ ...limitHolder, text: z.string().min(1, 'Enter a text.').max(20_000) }),
  run: async (act, { scope, scopeId, text }): Promise<GuardTrials> => {
    const chain = chainOf(await requireVisible(act, { scope, scopeId }), act.orgId)
    const isAbove = (level: Level): boolean =>
      chain.some((each) => each.scope === level.scope && each.scopeId === level.scopeId)
    // Each level once: of a member the chain names it twice.
    const policy = combinePolicies((await listGuardrails(act.tx, act.orgId)).filter(isAbove))
    if (policy === null) return { request: trialOf([], text), answer: null }
    const { findings, json } = guardBody({ input: text }, policy)
    const request = trialOf(findings, typeof json['input'] === 'string' ? json['input'] : text)
    if (!policy.answers) return { request, answer: null }
    const answer = guardText(text, policy)
    return { request, answer: trialOf(answer.findings, answer.text) }
  },
})
