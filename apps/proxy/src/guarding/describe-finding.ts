import type { Finding } from '@atpar/core/guard-text'
import type { TrailStep } from '@atpar/core/usage-event'

const DONE: Readonly<Record<Finding['action'], Readonly<Record<'request' | 'answer', string>>>> = {
  warn: { request: 'noted', answer: 'noted in the answer' },
  redact: { request: 'blacked out', answer: 'blacked out in the answer' },
  block: { request: 'refused', answer: 'in the answer, which was withheld' },
}

/** As the route trail tells it: a rule and a number, never what was found. */
export const describeFinding = ({ rule, action, count }: Finding, where: 'request' | 'answer'): TrailStep => ({
  attempt: null,
  offeringId: rule,
  provider: 'guardrails',
  result: 'guarded',
  reason: `${count} ${count === 1 ? 'place' : 'places'} ${DONE[action][where]}`,
})
