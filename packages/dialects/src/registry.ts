import { anthropicMessagesCaller, anthropicMessagesProvider } from './anthropic-messages/dialect.ts'
import type { CallerDialect, CallerDialectId, ProviderDialect, ProviderDialectId } from './contract.ts'
import { bedrockConverseProvider } from './bedrock-converse/dialect.ts'
import { cohereProvider } from './cohere/dialect.ts'
import { geminiCaller, geminiProvider } from './gemini/dialect.ts'
import { ollamaProvider } from './ollama/dialect.ts'
import { openaiCompletionsCaller, openaiCompletionsProvider } from './openai-completions/dialect.ts'
import { openaiChatCaller, openaiChatProvider } from './openai-chat/dialect.ts'
import { openaiResponsesCaller, openaiResponsesProvider } from './openai-responses/dialect.ts'

export const callerDialects: Readonly<Record<CallerDialectId, CallerDialect>> = {
  'openai-chat': openaiChatCaller,
  'openai-responses': openaiResponsesCaller,
  'anthropic-messages': anthropicMessagesCaller,
  gemini: geminiCaller,
}

export const providerDialects: Readonly<Record<ProviderDialectId, ProviderDialect>> = {
  'openai-chat': openaiChatProvider,
  'openai-responses': openaiResponsesProvider,
  'anthropic-messages': anthropicMessagesProvider,
  gemini: geminiProvider,
  'bedrock-converse': bedrockConverseProvider,
  cohere: cohereProvider,
  ollama: ollamaProvider,
}

/** Those above and the older form of chat, by the id that a dialect says of itself. */
export const everyCallerDialect: Readonly<Record<CallerDialect['id'], CallerDialect>> = {
  ...callerDialects,
  'openai-completions': openaiCompletionsCaller,
}

export const everyProviderDialect: Readonly<Record<ProviderDialect['id'], ProviderDialect>> = {
  ...providerDialects,
  'openai-completions': openaiCompletionsProvider,
}
