import type { FinishReason } from '@atpar/core/chat'
import type { JsonObject, JsonValue } from '@atpar/core/json'

import type { ReplyFacts } from '../contract.ts'
import { asObject } from '../fields.ts'
import { writeServiceTier } from '../openai-service-tier.ts'

export interface ResponseState {
  /** Null while it is being made. */
  readonly reason: FinishReason | null
  readonly output: readonly JsonObject[]
  readonly usage: JsonObject | null
  readonly serviceTier: string | null
}

/** What `status` and the last event of a stream call it. */
export const STATUSES: Readonly<Record<FinishReason, 'completed' | 'incomplete' | 'failed'>> = {
  stop: 'completed',
  'tool-calls': 'completed',
  refusal: 'completed',
  length: 'incomplete',
  'content-filter': 'incomplete',
  error: 'failed',
}

const whyIncomplete = (reason: FinishReason | null): JsonValue =>
  reason === 'length'
    ? { reason: 'max_output_tokens' }
    : reason === 'content-filter'
      ? { reason: 'content_filter' }
      : null

/**
 * https://platform.openai.com/docs/api-reference/responses/object: an answer repeats what was asked for. `store` is false whatever was asked,
 * because nobody keeps an answer that was converted.
 */
export const describeResponse = (facts: ReplyFacts, state: ResponseState): JsonObject => {
  const asked = facts.request ?? {}
  const given = (name: string, otherwise: JsonValue): JsonValue => asked[name] ?? otherwise
  const createdAt = Math.floor(facts.createdAtMs / 1000)
  return {
    id: facts.generationId,
    object: 'response',
    created_at: createdAt,
    status: state.reason === null ? 'in_progress' : STATUSES[state.reason],
    background: false,
    error: state.reason === 'error' ? { code: 'server_error', message: 'The provider broke off its answer.' } : null,
    incomplete_details: whyIncomplete(state.reason),
    instructions: given('instructions', null),
    max_output_tokens: given('max_output_tokens', null),
    max_tool_calls: given('max_tool_calls', null),
    metadata: given('metadata', {}),
    model: facts.model,
    output: [...state.output],
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: null,
    prompt_cache_key: given('prompt_cache_key', null),
    reasoning: { effort: null, summary: null, ...asObject(asked.reasoning) },
    safety_identifier: given('safety_identifier', null),
    service_tier: state.serviceTier === null ? null : writeServiceTier(state.serviceTier),
    store: false,
    temperature: given('temperature', null),
    text: { format: { type: 'text' }, ...asObject(asked.text) },
    tool_choice: given('tool_choice', 'auto'),
    tools: given('tools', []),
    top_logprobs: given('top_logprobs', 0),
    top_p: given('top_p', null),
    truncation: 'disabled',
    usage: state.usage,
    user: given('user', null),
  }
}
