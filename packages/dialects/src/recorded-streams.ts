import * as anthropicMessages from './anthropic-messages/fixtures/streams.ts'
import * as bedrockConverse from './bedrock-converse/fixtures/streams.ts'
import * as cohere from './cohere/fixtures/streams.ts'
import type { ProviderDialectId } from './contract.ts'
import * as gemini from './gemini/fixtures/streams.ts'
import * as ollama from './ollama/fixtures/streams.ts'
import * as openaiChat from './openai-chat/fixtures/streams.ts'
import * as openaiResponses from './openai-responses/fixtures/streams.ts'

/** Whole streams as providers document them, by format and by name. For tests of whatever handles their bytes. */
export const recordedStreams: Readonly<Record<ProviderDialectId, Readonly<Record<string, string | Uint8Array>>>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
  'bedrock-converse': bedrockConverse,
  cohere,
  ollama,
}
