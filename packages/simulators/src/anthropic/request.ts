import type { z } from 'zod'

import { findUnknownFields, firstIssue, isRecord } from '../generate/read-body.ts'
import type { GenerationRequest, Prompt } from '../generate/request.ts'
import { Refusal } from '../refusal.ts'
import { refuseBrokenHistory } from './history.ts'
import {
  attachment,
  bodySchema,
  promptSchema,
  type AnthropicMessage,
  type MessagesBody,
  type PromptBody,
} from './schema.ts'

const KNOWN_FIELDS = new Set(
  'model messages max_tokens cache_control container context_management diagnostics inference_geo mcp_servers metadata output_config output_format service_tier speed stop_sequences stream system temperature thinking tool_choice tools top_k top_p user_profile_id workspace_id'.split(
    ' ',
  ),
)
const REASONING_WHEN_ON = 32

/** Reads a messages body and refuses what Anthropic refuses. */
export function readMessagesRequest(body: unknown): GenerationRequest {
  const unknownFields = findUnknownFields(body, KNOWN_FIELDS)
  const [stranger] = unknownFields
  if (stranger !== undefined) throw new Refusal(400, `${stranger}: Extra inputs are not permitted`)
  const parsed = bodySchema.safeParse(body)
  if (!parsed.success) throw refuseIssue(parsed.error)
  const call = parsed.data
  refuseBrokenThinking(call)
  refuseBrokenHistory(call.messages)
  const isThinking = call.thinking?.type === 'enabled' || call.thinking?.type === 'adaptive'
  const format = call.output_config?.format
  return {
    model: call.model,
    streamed: call.stream === true,
    prompt: readPrompt(call),
    lastUserText: textsOf(call.messages.findLast((one) => one.role === 'user')?.content ?? '').join('\n'),
    maxOutputTokens: call.max_tokens,
    choices: 1,
    stop: call.stop_sequences ?? [],
    tools: (call.tools ?? []).map((tool) => ({ name: tool.name, schema: tool.input_schema ?? {} })),
    toolChoice: readToolChoice(call),
    outputSchema: format === undefined || format === null ? undefined : (format.schema ?? {}),
    reasoningTokens: isThinking ? REASONING_WHEN_ON : 0,
    showsReasoning: true,
    seed: 0,
    includesLogprobs: false,
    includesUsage: true,
    unknownFields,
  }
}

/** Reads the body of count_tokens. */
export function readPromptOnly(body: unknown): { model: string; prompt: Prompt } {
  const parsed = promptSchema.safeParse(body)
  if (!parsed.success) throw refuseIssue(parsed.error)
  return { model: parsed.data.model, prompt: readPrompt(parsed.data) }
}

function refuseIssue(error: z.ZodError): Refusal {
  const issue = firstIssue(error)
  const path = issue.path.replaceAll(/\[(\d+)\]/g, '.$1')
  return new Refusal(400, `${path === '' ? 'body' : path}: ${issue.isMissing ? 'Field required' : issue.message}`)
}

function refuseBrokenThinking(call: MessagesBody): void {
  if (call.thinking?.type !== 'enabled') return
  if (call.thinking.budget_tokens >= call.max_tokens) {
    throw new Refusal(400, '`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
  if (call.temperature !== undefined && call.temperature !== 1) {
    throw new Refusal(400, '`temperature` may only be set to 1 when thinking is enabled.')
  }
  if (call.tool_choice?.type === 'any' || call.tool_choice?.type === 'tool') {
    throw new Refusal(400, 'Thinking may not be enabled when tool_choice forces tool use.')
  }
}

function readToolChoice(call: MessagesBody): GenerationRequest['toolChoice'] {
  switch (call.tool_choice?.type) {
    case undefined:
    case 'auto':
      return 'auto'
    case 'any':
      return 'required'
    case 'none':
      return 'none'
    case 'tool':
      return { name: call.tool_choice.name }
  }
}

function readPrompt(call: PromptBody): Prompt {
  const texts: string[] = []
  if (call.system !== undefined) texts.push(...textsOf(call.system))
  let attachments = 0
  for (const { content } of call.messages) {
    texts.push(...textsOf(content))
    if (typeof content !== 'string') attachments += content.filter((one) => attachment.safeParse(one).success).length
  }
  for (const tool of call.tools ?? []) texts.push(JSON.stringify(tool))
  return { texts, messages: call.messages.length, attachments }
}

/** Every text a content holds: blocks, tool inputs and results. Thinking of earlier turns is not read again. */
function textsOf(content: AnthropicMessage['content']): string[] {
  if (typeof content === 'string') return [content]
  return content.flatMap((one) => {
    switch (one.type) {
      case 'text':
        return [one.text]
      case 'tool_use':
        return [one.name, JSON.stringify(one.input)]
      case 'tool_result':
        return typeof one.content === 'string' ? [one.content] : textsOf((one.content ?? []).filter(isRecord))
      case 'thinking':
      case 'redacted_thinking':
      case 'image':
      case 'document':
      case 'search_result':
        return []
    }
  })
}
