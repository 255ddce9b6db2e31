import type { Deps } from '../deps.ts'
import type { Reply } from '../http/reply.ts'
import type { Answer, Outcome } from '../call/call-context.ts'

type Whole = Extract<Answer, { kind: 'whole' | 'task' | 'media' }>
type Served = Extract<Outcome, { kind: 'served' }>

interface Said extends Pick<Served, 'deliveredText' | 'hasContent' | 'servedModel' | 'serviceTier' | 'error'> {
  readonly answer: Whole
  readonly reply: Reply
}

/** How a call ends whose answer came in one piece: nothing of it can break off, so its usage is the provider's last word or none. */
export const wholeOutcome = (deps: Deps, { answer, reply, ...said }: Said): Served => ({
  kind: 'served',
  attempt: answer.attempt,
  lost: answer.lost,
  outcome: reply.isGone() ? 'client_abort' : 'ok',
  usage: answer.usage,
  usageIsFinal: answer.usage !== null,
  deliveredText: said.deliveredText,
  deliveredCharacters: null,
  hasContent: said.hasContent,
  servedModel: said.servedModel,
  serviceTier: said.serviceTier,
  providerRequestId: answer.providerRequestId,
  firstByteAtMs: answer.firstByteAtMs,
  endedAtMs: deps.clock.nowMs(),
  error: said.error,
})
