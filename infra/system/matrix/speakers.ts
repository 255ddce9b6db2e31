import { anthropicMessages } from './speak-anthropic-messages.ts'
import { gemini } from './speak-gemini.ts'
import { openaiChat } from './speak-openai-chat.ts'
import type { CallerDialectId } from '@atpar/dialects/contract'
import type { Speaker } from './speaker.ts'

/** One for every format that callers may speak: a format without its line does not compile. */
export const SPEAKERS: Readonly<Record<CallerDialectId, Speaker>> = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
  gemini,
}
