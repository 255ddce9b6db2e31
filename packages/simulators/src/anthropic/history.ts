import { Refusal } from '../refusal.ts'
import type { AnthropicMessage } from './schema.ts'
import { isOwnSignature } from './signature.ts'

type Block = Exclude<AnthropicMessage['content'], string>[number]

/** Refuses conversations Anthropic refuses: calls left open, results of nothing, foreign thinking, empty turns. */
export function refuseBrokenHistory(messages: readonly AnthropicMessage[]): void {
  let waiting: string[] = []
  for (const [index, one] of messages.entries()) {
    const blocks: readonly Block[] =
      typeof one.content === 'string' ? [{ type: 'text', text: one.content }] : one.content
    const isLast = index === messages.length - 1
    if (isEmpty(blocks) && !(isLast && one.role === 'assistant')) {
      throw new Refusal(
        400,
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      )
    }
    refuseResults(blocks, waiting, index)
    refuseForeignThinking(blocks, index)
    waiting = one.role === 'assistant' ? blocks.flatMap((part) => (part.type === 'tool_use' ? [part.id] : [])) : []
  }
  const last = messages.at(-1)
  if (waiting.length > 0) throw refuseUnanswered(waiting, messages.length - 1)
  if (last?.role === 'assistant' && typeof last.content === 'string' && /\s$/.test(last.content)) {
    throw new Refusal(400, 'messages: final assistant content cannot end with trailing whitespace')
  }
}

function isEmpty(blocks: readonly Block[]): boolean {
  return blocks.every((part) => part.type === 'text' && part.text === '')
}

function refuseResults(blocks: readonly Block[], waiting: readonly string[], index: number): void {
  const answered = blocks.flatMap((part) => (part.type === 'tool_result' ? [part.tool_use_id] : []))
  const stray = answered.find((id) => !waiting.includes(id))
  if (stray !== undefined) {
    throw new Refusal(
      400,
      `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each must have a \`tool_use\` block in the previous message.`,
    )
  }
  const open = waiting.filter((id) => !answered.includes(id))
  if (open.length > 0) throw refuseUnanswered(open, index - 1)
}

function refuseUnanswered(ids: readonly string[], index: number): Refusal {
  return new Refusal(
    400,
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}.`,
  )
}

function refuseForeignThinking(blocks: readonly Block[], index: number): void {
  for (const [place, part] of blocks.entries()) {
    if (part.type === 'thinking' && !isOwnSignature(part.signature)) {
      throw new Refusal(400, `messages.${index}.content.${place}: Invalid \`signature\` in \`thinking\` block`)
    }
  }
}
