import type { Caller } from '@atpar/core/caller'
import type { KeptWords } from '@atpar/core/kept-content'
import type { IncomingCall } from '../call/call-context.ts'
import type { LargeBodies } from '../large/large-bodies.ts'
import type { ContentQueue } from './content-queue.ts'
import { answersInWords, describeAnswer, MOST_NOTED_BYTES } from './describe-answer.ts'
import { describeRequest } from './describe-request.ts'
import { tapReply } from './tap-reply.ts'

/** A call of whose words a note is taken. */
export interface KeptCall {
  /** The same call, its answer being noted on its way. */
  readonly call: IncomingCall
  /** The call is over, however it ended: what was noted goes to be written, which nobody waits for. */
  end(): void
}

export interface ContentDeps {
  readonly contents: ContentQueue
  readonly largeBodies: Pick<LargeBodies, 'keep'>
}

/** Only for callers whose organization wants content kept; the others never come here. */
export const keepContent = (
  { contents, largeBodies }: ContentDeps,
  { call, caller }: { readonly call: IncomingCall; readonly caller: Caller },
): KeptCall => {
  let asked: Promise<KeptWords> | null = null
  const requestBytes = call.large === null ? call.body.length : 0
  const readLarge = (): void => {
    // A stream lets go of a large body when it begins, and so must we. A failure is told by whoever reads the result.
    if (call.large === null) return
    asked = describeRequest(call, largeBodies)
    asked.catch(() => {})
  }
  const tap = tapReply(call.reply, {
    maxBytes: answersInWords(call) ? MOST_NOTED_BYTES : 0,
    onBegin: readLarge,
  })
  return {
    call: { ...call, reply: tap.reply },
    end: () => {
      if (asked === null) readLarge()
      const answer = tap.answer()
      const request = asked
      contents.add({
        orgId: caller.orgId,
        requestId: call.requestId,
        holderId: caller.teamId ?? caller.orgId,
        bytes: requestBytes + answer.bytes.length,
        describe: async () => ({
          request: await (request ?? describeRequest(call, largeBodies)),
          answer: describeAnswer(call, answer),
        }),
      })
    },
  }
}
