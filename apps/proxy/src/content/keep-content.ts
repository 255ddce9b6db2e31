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

const NO_BYTES = Buffer.alloc(0)

/** Only for callers whose organization wants content kept; the others never come here. */
export const keepContent = (
  { contents, largeBodies }: ContentDeps,
  { call, caller }: { readonly call: IncomingCall; readonly caller: Caller },
): KeptCall => {
  let asked: Promise<KeptWords> | null = null
  const requestBytes = call.large === null ? call.body.length : 0
  /** A stream that has begun keeps its body for nobody, and neither does this: a large one is read now, of a small one its JSON is enough. */
  const letGo = (): void => {
    if (call.large !== null) {
      asked = describeRequest({ ...call }, largeBodies)
      // Whoever reads it hears of its failure; until then nobody does.
      asked.catch(() => {})
      call.large = null
    }
    call.body = NO_BYTES
  }
  const tap = tapReply(call.reply, {
    maxBytes: answersInWords(call) ? MOST_NOTED_BYTES : 0,
    onBegin: letGo,
  })
  return {
    call: { ...call, reply: tap.reply },
    end: () => {
      letGo()
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
