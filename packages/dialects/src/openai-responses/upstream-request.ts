import type { ChatRequest, ContentPart, Message, ResponseFormat, ToolChoice, ToolDefinition } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'

import { GATEWAY_FIELDS, type UpstreamTarget } from '../contract.ts'
import { asObject } from '../fields.ts'
import { readTextFile, writeMediaUrl } from '../media.ts'
import { effortOf } from '../openai-effort.ts'
import { encodeNamedSchema } from '../openai-named-schema.ts'
import { encodeServiceTier } from '../openai-service-tier.ts'
import { isStrictSchema } from '../schema-limits.ts'
import { normalizeArguments } from '../tool-calls.ts'
import { writeOwnReasoning } from './reasoning-item.ts'
import { readOutputLimit } from './request.ts'

export const path = (): string => '/responses'

/** Nothing is kept of a request that came in another format: who wrote it did not ask for it. */
export const encodeRequest = (
  request: ChatRequest,
  target: UpstreamTarget,
): { readonly body: JsonObject; readonly dropped: readonly string[] } => {
  const dropped = new Set(request.unmapped)
  const body: JsonObject = {
    model: target.upstreamModel,
    ...encodeConversation(request.messages, dropped),
    store: false,
  }
  const set = (key: string, value: JsonObject[string] | null): void => {
    if (value !== null) body[key] = value
  }
  set('max_output_tokens', boundOutput(request.maxOutputTokens, target))
  set('temperature', request.temperature)
  set('top_p', request.topP)
  set('user', request.user)
  set('service_tier', encodeServiceTier(request.serviceTier, dropped))
  if (request.stop.length > 0) dropped.add('stop')
  if (request.choices > 1) dropped.add('n')
  for (const [name, value] of [
    ['frequency_penalty', request.frequencyPenalty],
    ['presence_penalty', request.presencePenalty],
    ['seed', request.seed],
    ['top_k', request.topK],
    ['logprobs', request.logprobs],
    ['metadata', request.metadata],
  ] as const)
    if (value !== null) dropped.add(name)
  const format = encodeFormat(request.responseFormat, dropped)
  if (format !== null) body.text = { format }
  encodeTools(request, { body, dropped })
  encodeReasoning(request, { body, dropped, target })
  if (target.stream) body.stream = true
  return { body, dropped: [...dropped] }
}

const boundOutput = (asked: number | null, target: UpstreamTarget): number | null => {
  if (target.clampOutputTokens === null) return asked
  return asked === null ? target.clampOutputTokens : Math.min(asked, target.clampOutputTokens)
}

const encodeTools = (request: ChatRequest, out: { readonly body: JsonObject; readonly dropped: Set<string> }): void => {
  if (request.tools.length === 0) return
  out.body.tools = request.tools.map((tool) => {
    if (tool.cache !== undefined) out.dropped.add('cache_control')
    return {
      type: 'function',
      name: tool.name,
      ...(tool.description === null ? {} : { description: tool.description }),
      parameters: asObject(tool.parameters) ?? { type: 'object', properties: {} },
      strict: isStrict(tool, out.dropped),
    }
  })
  if (request.toolChoice !== null) out.body.tool_choice = encodeToolChoice(request.toolChoice)
  if (request.parallelToolCalls !== null) out.body.parallel_tool_calls = request.parallelToolCalls
}

/** Always said, because saying nothing means strict here and nowhere else. */
const isStrict = (tool: ToolDefinition, dropped: Set<string>): boolean => {
  if (tool.strict !== true) return false
  if (isStrictSchema(asObject(tool.parameters) ?? {})) return true
  dropped.add('tools.strict')
  return false
}

const encodeToolChoice = (choice: ToolChoice): string | JsonObject =>
  choice.kind === 'tool' ? { type: 'function', name: choice.name } : choice.kind

const encodeFormat = (format: ResponseFormat | null, dropped: Set<string>): JsonObject | null => {
  if (format === null) return null
  switch (format.kind) {
    case 'text':
      return { type: 'text' }
    case 'json':
      return { type: 'json_object' }
    case 'json-schema':
      return { type: 'json_schema', ...encodeNamedSchema(format, dropped) }
  }
}

interface Output {
  readonly body: JsonObject
  readonly dropped: Set<string>
  readonly target: UpstreamTarget
}

/** Since nothing is kept, the thoughts come along encrypted, for the caller to send back. Models that do not reason refuse to be asked for them. */
const encodeReasoning = ({ reasoning }: ChatRequest, { body, dropped, target }: Output): void => {
  if (target.reasoning === true) body.include = ['reasoning.encrypted_content']
  if (reasoning === null) return
  const fitted = effortOf(reasoning, target)
  if (fitted === 'unfit') dropped.add('reasoning_effort')
  else if (fitted !== null) body.reasoning = { effort: fitted, ...(fitted === 'none' ? {} : { summary: 'auto' }) }
}

/** The first words of the system are the instructions; what it says later keeps its place. */
const encodeConversation = (messages: readonly Message[], dropped: Set<string>): JsonObject => {
  for (const message of messages) {
    if (message.name !== undefined) dropped.add('messages.name')
    for (const part of message.content) if ('cache' in part && part.cache !== undefined) dropped.add('cache_control')
  }
  const first = messages[0]
  const isInstructed = first?.role === 'system' && messages.length > 1
  const items = (isInstructed ? messages.slice(1) : messages).flatMap((message) => encodeMessage(message, dropped))
  return { ...(isInstructed ? { instructions: joinText(first.content) } : {}), input: items }
}

const joinText = (parts: readonly ContentPart[]): string =>
  parts.flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : [])).join('\n')

const encodeMessage = (message: Message, dropped: Set<string>): JsonObject[] => {
  switch (message.role) {
    case 'system':
      return [{ role: 'developer', content: message.content.flatMap(encodePart) }]
    case 'user':
      return [{ role: 'user', content: message.content.flatMap(encodePart) }]
    case 'assistant':
      return encodeAssistant(message.content)
    case 'tool':
      return message.content.flatMap((part) => {
        if (part.type !== 'tool-result') return []
        if (part.isError) dropped.add('tool_result.is_error')
        const output = part.content.every((inner) => inner.type === 'text')
          ? joinText(part.content)
          : part.content.flatMap(encodePart)
        return [{ type: 'function_call_output', call_id: part.toolCallId, output }]
      })
  }
}

/** Words that follow each other are one message; thoughts and calls are items of their own, in their place. */
const encodeAssistant = (parts: readonly ContentPart[]): JsonObject[] => {
  const items: JsonObject[] = []
  let words: JsonObject[] | null = null
  const say = (word: JsonObject): void => {
    if (words === null) {
      words = []
      items.push({ role: 'assistant', content: words })
    }
    words.push(word)
  }
  for (const part of parts) {
    if (part.type === 'text') say({ type: 'output_text', text: part.text, annotations: [] })
    else if (part.type === 'refusal') say({ type: 'refusal', refusal: part.text })
    else {
      words = null
      const item =
        part.type === 'thinking' ? writeOwnReasoning(part) : part.type === 'tool-call' ? encodeCall(part) : null
      if (item !== null) items.push(item)
    }
  }
  return items
}

const encodeCall = (call: Extract<ContentPart, { type: 'tool-call' }>): JsonObject => ({
  type: 'function_call',
  call_id: call.id,
  name: call.name,
  arguments: normalizeArguments(call.argumentsJson),
})

const encodePart = (part: ContentPart): JsonObject[] => {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'input_text', text: part.text }]
    case 'image':
      return [{ type: 'input_image', image_url: writeMediaUrl(part.source), detail: part.detail ?? 'auto' }]
    case 'audio':
      throw new AppError('unsupported_parameter', { param: 'input', message: 'This model takes no sound.' })
    case 'file': {
      const text = readTextFile(part.source)
      if (text !== null) return [{ type: 'input_text', text }]
      return [
        part.source.kind === 'url'
          ? { type: 'input_file', file_url: part.source.url }
          : { type: 'input_file', filename: part.name ?? 'document.pdf', file_data: writeMediaUrl(part.source) },
      ]
    }
    case 'tool-call':
    case 'tool-result':
    case 'thinking':
      return []
  }
}

/** The closed list of edits of a request that already is in this format. `store` reaches only who can keep an answer. */
export const passThroughEdits = (body: JsonObject, target: UpstreamTarget): readonly JsonEdit[] => {
  const edits: JsonEdit[] = []
  if (body.model !== target.upstreamModel) edits.push({ path: ['model'], value: JSON.stringify(target.upstreamModel) })
  for (const field of GATEWAY_FIELDS) if (body[field] !== undefined) edits.push({ path: [field], remove: true })
  if (body.store !== undefined && target.keepsResponses !== true) edits.push({ path: ['store'], remove: true })
  const asked = readOutputLimit(body)
  const limit = boundOutput(asked, target)
  if (limit !== asked) edits.push({ path: ['max_output_tokens'], value: String(limit) })
  return edits
}
