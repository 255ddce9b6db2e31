import { anthropicMessagesCaller, anthropicMessagesProvider } from './anthropic-messages/dialect.ts'
import type { CallerDialect, CallerDialectId, ProviderDialect, ProviderDialectId } from './contract.ts'
import { geminiCaller, geminiProvider } from './gemini/dialect.ts'
import { openaiChatCaller, openaiChatProvider } from './openai-chat/dialect.ts'

export const callerDialects: Readonly<Record<CallerDialectId, CallerDialect>> = {
  'openai-chat': openaiChatCaller,
  'anthropic-messages': anthropicMessagesCaller,
  gemini: geminiCaller,
}

export const providerDialects: Readonly<Record<ProviderDialectId, ProviderDialect>> = {
  'openai-chat': openaiChatProvider,
  'anthropic-messages': anthropicMessagesProvider,
  gemini: geminiProvider,
}
