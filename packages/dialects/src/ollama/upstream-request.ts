import type { ChatRequest, ContentPart, Message } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'

import type { UpstreamTarget } from '../contract.ts'
import { asObject } from '../fields.ts'
import { readTextFile } from '../media.ts'
import { isMintedToolCallId, mapToolNames, parseArguments } from '../tool-calls.ts'
import { dropDetail, dropMessageMarks, dropOpenAiWishes } from '../unspoken-wishes.ts'

export const path = (): string => '/api/chat'

interface Output {
  readonly body: JsonObject
  readonly dropped: Set<string>
  readonly target: UpstreamTarget
}

/** https://docs.ollama.com/api/chat */
export const encodeRequest = (
  request: ChatRequest,
  target: UpstreamTarget,
): { readonly body: JsonObject; readonly dropped: readonly string[] } => {
  const dropped = new Set(request.unmapped)
  const names = mapToolNames(request)
  dropMessageMarks(request, dropped)
  dropDetail(request, dropped)
  const body: JsonObject = {
    model: target.upstreamModel,
    messages: request.messages.flatMap((message) => encodeMessage(message, names)),
    // It streams unless told not to.
    stream: target.stream,
  }
  const out = { body, dropped, target }
  encodeTools(request, out)
  encodeOptions(request, out)
  encodeReasoning(request, out)
  const format = request.responseFormat
  if (format?.kind === 'json') body.format = 'json'
  if (format?.kind === 'json-schema') body.format = asObject(format.schema) ?? {}
  dropOpenAiWishes(request, dropped)
  return { body, dropped: [...dropped] }
}

const encodeOptions = (request: ChatRequest, { body, target }: Output): void => {
  const asked = request.maxOutputTokens
  const clamp = target.clampOutputTokens
  const options: JsonObject = {}
  for (const [name, value] of [
    ['num_predict', clamp === null ? asked : Math.min(asked ?? clamp, clamp)],
    ['temperature', request.temperature],
    ['top_p', request.topP],
    ['top_k', request.topK],
    ['frequency_penalty', request.frequencyPenalty],
    ['presence_penalty', request.presencePenalty],
    ['seed', request.seed],
  ] as const) {
    if (value !== null) options[name] = value
  }
  if (request.stop.length > 0) options.stop = [...request.stop]
  if (Object.keys(options).length > 0) body.options = options
}

/** The model alone chooses among the tools it is given: to forbid them is to give none, to force one cannot be said. */
const encodeTools = (request: ChatRequest, { body, dropped }: Output): void => {
  const { toolChoice, tools } = request
  if (tools.length === 0 || toolChoice?.kind === 'none') return
  if (toolChoice?.kind === 'required' || toolChoice?.kind === 'tool') dropped.add('tool_choice')
  body.tools = tools.map((tool) => {
    if (tool.strict === true) dropped.add('tools.strict')
    if (tool.cache !== undefined) dropped.add('cache_control')
    return {
      type: 'function',
      function: {
        name: tool.name,
        ...(tool.description === null ? {} : { description: tool.description }),
        parameters: { type: 'object', properties: {}, ...asObject(tool.parameters) },
      },
    }
  })
}

/** Levels are known to gpt-oss alone, for which on and off mean nothing (https://docs.ollama.com/capabilities/thinking). */
const encodeReasoning = ({ reasoning }: ChatRequest, { body, dropped, target }: Output): void => {
  if (reasoning === null) return
  const isOff = reasoning.effort === 'none' || reasoning.budgetTokens === 0
  if (target.reasoning === false) {
    // Models that cannot think refuse to be asked to.
    if (!isOff) dropped.add('reasoning_effort')
    return
  }
  if (target.upstreamModel.includes('gpt-oss')) {
    const { effort } = reasoning
    body.think =
      effort === 'high' || effort === 'xhigh'
        ? 'high'
        : effort === 'medium' || (!isOff && effort === undefined)
          ? 'medium'
          : 'low'
    return
  }
  body.think = !isOff
  if (!isOff && (reasoning.effort !== undefined || reasoning.budgetTokens !== undefined))
    dropped.add('reasoning_effort')
}

const refuse = (message: string): AppError => new AppError('unsupported_parameter', { param: 'messages', message })

const encodeMessage = (message: Message, names: ReadonlyMap<string, string>): JsonObject[] => {
  const results = message.content.flatMap((part): JsonObject[] => {
    if (part.type !== 'tool-result') return []
    const said = gather(part.content)
    const name = part.toolName ?? names.get(part.toolCallId)
    return [
      {
        role: 'tool',
        content: part.isError ? `Error: ${said.content}` : said.content,
        ...(said.images.length === 0 ? {} : { images: said.images }),
        ...(name === undefined ? {} : { tool_name: name }),
        ...(isMintedToolCallId(part.toolCallId) ? {} : { tool_call_id: part.toolCallId }),
      },
    ]
  })
  const others = message.content.filter((part) => part.type !== 'tool-result')
  if (others.length === 0) return results
  const { content, images } = gather(others)
  const calls = others.flatMap((part) =>
    part.type === 'tool-call'
      ? [
          {
            ...(isMintedToolCallId(part.id) ? {} : { id: part.id }),
            function: { name: part.name, arguments: parseArguments(part.argumentsJson) },
          },
        ]
      : [],
  )
  return [
    ...results,
    {
      role: message.role === 'tool' ? 'user' : message.role,
      content,
      ...(images.length === 0 ? {} : { images }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ]
}

/** The words and the pictures of a message: text is one string here, pictures stand beside it. */
const gather = (parts: readonly ContentPart[]): { readonly content: string; readonly images: string[] } => {
  const texts: string[] = []
  const images: string[] = []
  for (const part of parts) {
    switch (part.type) {
      case 'text':
      case 'refusal':
        texts.push(part.text)
        break
      case 'image':
        if (part.source.kind === 'url') throw refuse('This model takes images as data, not by address.')
        images.push(part.source.data)
        break
      case 'file': {
        const text = readTextFile(part.source)
        if (text === null) throw refuse('This model takes only text files.')
        texts.push(text)
        break
      }
      case 'audio':
        throw refuse('This model takes no sound.')
      case 'tool-call':
      case 'tool-result':
      case 'thinking':
        break
    }
  }
  return { content: texts.join('\n'), images }
}
