import { anthropicMessagesCaller, anthropicMessagesProvider } from './anthropic-messages/dialect.ts'
import type { CallerDialect, DialectId, ProviderDialect } from './contract.ts'
import { geminiCaller, geminiProvider } from './gemini/dialect.ts'
import { openaiChatCaller, openaiChatProvider } from './openai-chat/dialect.ts'

export const callerDialects: Readonly<Record<DialectId, CallerDialect>> = {
  'openai-chat': openaiChatCaller,
  'anthropic-messages': anthropicMessagesCaller,
  gemini: geminiCaller,
}

export const providerDialects: Readonly<Record<DialectId, ProviderDialect>> = {
  'openai-chat': openaiChatProvider,
  'anthropic-messages': anthropicMessagesProvider,
  gemini: geminiProvider,
}
