import { NO_USAGE, type BookEnding } from '../books.ts'
import { foldOutput } from '../generate/answer.ts'
import type { Delivery } from './context.ts'

/** Tokens made so far, before the provider's buckets. */
export interface Progress {
  reasoning: number
  text: number
  hasFinalUsage: boolean
}

/** Everything an answer has, as progress. */
export function wholeProgress({ answer }: Delivery, hasFinalUsage: boolean): Progress {
  let reasoning = 0
  let text = 0
  for (const choice of answer.choices) {
    reasoning += choice.reasoning.length
    text += choice.text.length
    for (const call of choice.toolCalls) text += call.nameTokens + call.pieces.length
  }
  return { reasoning, text, hasFinalUsage }
}

/** Closes the entry of an answer that was begun: input in full, output as far as it was made. */
export function settleBegun(delivery: Delivery, ending: BookEnding, progress: Progress): void {
  const { answer, books, entry, exchange } = delivery
  books.finish(entry, {
    status: 200,
    usage: { ...answer.usage, ...foldOutput(progress, exchange.provider) },
    ending,
    billable: true,
    finalUsageSent: progress.hasFinalUsage,
  })
}

/** Closes the entry of a request for which nothing was generated: nobody pays. */
export function settleUnbilled(
  { books, entry }: Pick<Delivery, 'books' | 'entry'>,
  closing: { ending: BookEnding; status: number | null },
): void {
  books.finish(entry, { ...closing, usage: NO_USAGE, billable: false, finalUsageSent: false })
}
