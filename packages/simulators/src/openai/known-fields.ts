import type { Provider } from '../providers.ts'

// Request fields of each provider's published reference. The names of those that refuse strangers must be complete.
const openai =
  'messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options'
const groq =
  'messages model citation_options compound_custom disable_tool_validation documents exclude_domains frequency_penalty function_call functions include_domains include_reasoning logit_bias logprobs max_completion_tokens max_tokens metadata n parallel_tool_calls presence_penalty reasoning_effort reasoning_format response_format search_settings seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user'
const others = {
  deepseek: `${openai} thinking prefix`,
  dashscope: `${openai} enable_thinking thinking_budget enable_search search_options top_k repetition_penalty translation_options vl_high_resolution_images enable_code_interpreter`,
  ollama: `${openai} reasoning dimensions`,
  custom: openai,
  'azure-openai': `${openai} data_sources user_security_context`,
}

const known = new Map(Object.entries({ openai, groq, ...others }).map(([id, names]) => [id, new Set(names.split(' '))]))
const nothing: ReadonlySet<string> = new Set()

/** Fields of a chat.completions body this provider knows. */
export function findKnownFields(provider: Provider): ReadonlySet<string> {
  return known.get(provider.id) ?? nothing
}
