import type { OutgoingHttpHeaders } from 'node:http'
import { spliceJson } from '@atpar/core/json-splice'
import type { Answer, Outcome, Receipt } from '../call/call-context.ts'
import { guardMedia } from '../guarding/guard-media.ts'
import type { AnswerGuard } from '../guarding/answer-guard.ts'
import { wholeOutcome } from '../metering/whole-outcome.ts'
import type { Deps } from '../deps.ts'

interface RelayMediaInput {
  readonly answer: Extract<Answer, { kind: 'media' }>
  /** Null when the answer is not looked through. */
  readonly answers: AnswerGuard | null
  readonly headers: OutgoingHttpHeaders
}

/** Pictures, or a sound written down: settled, then sent, as they came or as the caller asked for them. */
export const relayMedia = async (
  deps: Deps,
  { answer, answers, headers }: RelayMediaInput,
  settle: (outcome: Outcome) => Promise<Receipt>,
): Promise<void> => {
  const { prepared } = answer
  const { call, upstream } = prepared
  const guarded = answers === null ? null : guardMedia(answer, answers)
  const decoded = guarded === null ? answer.decoded : guarded.decoded
  const receipt = await settle(
    wholeOutcome(deps, {
      answer,
      reply: call.reply,
      deliveredText: answer.usage === null && answer.decoded.task === 'transcription' ? answer.decoded.text : '',
      hasContent: true,
      servedModel: null,
      serviceTier: prepared.variant,
      error: guarded === null ? null : guarded.problem,
    }),
  )
  if (guarded !== null && guarded.problem !== null) throw guarded.problem
  if (call.facts.stream) {
    const events = call.dialect.encodeEvents(decoded, call.request)
    call.reply.sendWhole(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' }, events)
    return
  }
  if (upstream.passes) {
    // An answer without an account of its usage has no place for the cost either.
    const edits = decoded.usage === null ? [] : [{ path: ['usage', 'cost'], value: receipt.costUsd }]
    const body = spliceJson(guarded === null ? answer.bytes : guarded.bytes, edits)
    call.reply.sendWhole(200, { ...headers, 'content-type': 'application/json' }, body)
    return
  }
  const facts = { createdAtMs: call.startedAtMs, costUsd: receipt.costUsd }
  const { contentType, body } = call.dialect.encodeAnswer(decoded, call.request, facts)
  call.reply.sendWhole(200, { ...headers, 'content-type': contentType }, body)
}
