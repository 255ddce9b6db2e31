import { isOwnSignature } from '../anthropic/signature.ts'
import { Refusal } from '../refusal.ts'
import type { ConverseBody } from './schema.ts'

/** Refuses conversations Bedrock refuses: turns that do not alternate, calls left open, tools nobody declared, foreign thinking, files of one name. */
export function refuseBrokenHistory({ messages, toolConfig }: ConverseBody): void {
  let waiting: string[] = []
  const names = new Set<string>()
  for (const [index, { role, content }] of messages.entries()) {
    if (role !== (index % 2 === 0 ? 'user' : 'assistant'))
      throw new Refusal(
        400,
        'A conversation must alternate between user and assistant roles, and start with a user message.',
      )
    const answered = content.flatMap((block) => ('toolResult' in block ? [block.toolResult.toolUseId] : []))
    const isMatched = answered.length === waiting.length && answered.every((id) => waiting.includes(id))
    if (!isMatched)
      throw new Refusal(
        400,
        `The number of toolResult blocks at messages.${index}.content exceeds or lacks the number of toolUse blocks of previous turn.`,
      )
    waiting = content.flatMap((block) => ('toolUse' in block ? [block.toolUse.toolUseId] : []))
    for (const block of content) {
      if ('document' in block) {
        if (names.has(block.document.name)) throw new Refusal(400, 'Document names must be unique.')
        names.add(block.document.name)
      }
      if ('reasoningContent' in block && 'reasoningText' in block.reasoningContent)
        if (!isOwnSignature(block.reasoningContent.reasoningText.signature ?? ''))
          throw new Refusal(400, `messages.${index}: Invalid \`signature\` in \`thinking\` block`)
    }
    if ((waiting.length > 0 || answered.length > 0) && toolConfig === undefined)
      throw new Refusal(400, 'The toolConfig field must be defined when using toolUse and toolResult content blocks.')
  }
  if (waiting.length > 0) throw new Refusal(400, 'Expected toolResult blocks for the toolUse blocks of the last turn.')
}
