import { anthropicMessages } from './speak-anthropic-messages.ts'
import { gemini } from './speak-gemini.ts'
import { openaiChat } from './speak-openai-chat.ts'
import { openaiResponses } from './speak-openai-responses.ts'
import type { Speaker } from './speaker.ts'

/** One for every format that callers may speak. */
export const SPEAKERS: readonly Speaker[] = [openaiChat, openaiResponses, anthropicMessages, gemini]
