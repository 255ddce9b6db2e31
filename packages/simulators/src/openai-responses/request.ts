import { findUnknownFields, firstIssue, isRecord } from '../generate/read-body.ts'
import type { GenerationRequest } from '../generate/request.ts'
import { Refusal } from '../refusal.ts'
import { bodySchema, type Item, type ResponsesBody } from './schema.ts'
import type { ResponseStore } from './store.ts'

/** https://platform.openai.com/docs/api-reference/responses/create */
const KNOWN_FIELDS = new Set(
  'background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user'.split(
    ' ',
  ),
)

const ANY_JSON = { type: 'object', properties: { answer: { type: 'string' } } }
const REASONING_BY_EFFORT = { none: 0, minimal: 0, low: 16, medium: 32, high: 64, xhigh: 128 }

/** Reads a body of responses and refuses what OpenAI would refuse. */
export function readResponsesRequest(body: unknown): GenerationRequest {
  const unknownFields = findUnknownFields(body, KNOWN_FIELDS)
  const [stranger] = unknownFields
  if (stranger !== undefined)
    throw new Refusal(400, `Unknown parameter: '${stranger}'.`, { param: stranger, code: 'unknown_parameter' })
  const parsed = bodySchema.safeParse(body)
  if (!parsed.success) {
    const { path, isMissing, message } = firstIssue(parsed.error)
    throw new Refusal(400, isMissing ? `Missing required parameter: '${path}'.` : `Invalid '${path}': ${message}.`, {
      param: path,
      code: isMissing ? 'missing_required_parameter' : 'invalid_value',
    })
  }
  const call = parsed.data
  const items = itemsOf(call)
  refuseLostResults(call, items)
  // Results of tools count as the user's: a call that was asked for is made once.
  const lastUser = items.findLast((one) => one.type === 'function_call_output' || one['role'] === 'user')
  const tools = (call.tools ?? []).filter((one) => one.type === 'function')
  return {
    model: call.model,
    streamed: call.stream === true,
    prompt: {
      texts: [
        call.instructions ?? '',
        ...items.flatMap(textsOf),
        ...(call.tools ?? []).map((one) => JSON.stringify(one)),
      ].filter((text) => text !== ''),
      messages: items.length,
      attachments: items.flatMap(partsOf).filter(({ type }) => type === 'input_image' || type === 'input_file').length,
    },
    lastUserText: lastUser === undefined ? '' : textsOf(lastUser).join('\n'),
    maxOutputTokens: call.max_output_tokens ?? null,
    choices: 1,
    stop: [],
    tools: tools.map((one) => ({ name: String(one['name']), schema: one['parameters'] ?? {} })),
    toolChoice:
      typeof call.tool_choice === 'object' && call.tool_choice !== null
        ? { name: call.tool_choice.name }
        : (call.tool_choice ?? 'auto'),
    outputSchema: readOutputSchema(call),
    reasoningTokens: REASONING_BY_EFFORT[call.reasoning?.effort ?? 'none'],
    showsReasoning: (call.reasoning?.summary ?? null) !== null,
    seed: 0,
    includesLogprobs: false,
    includesUsage: true,
    unknownFields,
    responses: { body: call, items },
  }
}

/** The same request with the conversation it goes on from. @throws Refusal for what nobody keeps. */
export function recallConversation(request: GenerationRequest, store: ResponseStore): GenerationRequest {
  if (request.responses === undefined) return request
  const { body, items } = request.responses
  const texts: string[] = []
  const previous = body.previous_response_id ?? null
  if (previous !== null) {
    const kept = store.textsOf(previous)
    if (kept === undefined)
      throw new Refusal(400, `Previous response with id '${previous}' not found.`, {
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      })
    texts.push(...kept)
  }
  for (const one of items) {
    if (!isReference(one)) continue
    const kept = store.textsOf(String(one['id']))
    if (kept === undefined) throw new Refusal(400, `Item with id '${String(one['id'])}' not found.`, { param: 'input' })
    texts.push(...kept.slice(-1))
  }
  if (texts.length === 0) return request
  return { ...request, prompt: { ...request.prompt, texts: [...texts, ...request.prompt.texts] } }
}

export function isGoingOn({ responses }: GenerationRequest): boolean {
  return responses !== undefined && (responses.items.some(isReference) || responses.body.previous_response_id != null)
}

function isReference(one: Record<string, unknown>): boolean {
  return one['type'] === 'item_reference' || (one['type'] === undefined && one['role'] === undefined)
}

function itemsOf({ input }: ResponsesBody): Item[] {
  return typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input
}

/** A result needs its call: in this request, or in what the request goes on from. */
function refuseLostResults(call: ResponsesBody, items: readonly Item[]): void {
  if ((call.previous_response_id ?? null) !== null || items.some(isReference)) return
  const called = new Set(items.flatMap((one) => (one.type === 'function_call' ? [String(one['call_id'])] : [])))
  for (const one of items) {
    if (one.type !== 'function_call_output' || called.has(String(one['call_id']))) continue
    throw new Refusal(400, `No tool call found for function call output with call_id ${String(one['call_id'])}.`, {
      param: 'input',
    })
  }
}

function partsOf(one: Item): { type: string; text?: string | undefined }[] {
  const held = 'content' in one ? one.content : 'output' in one ? one.output : []
  return Array.isArray(held)
    ? held.filter(isRecord).map((each) => ({
        type: String(each['type']),
        text: typeof each['text'] === 'string' ? each['text'] : undefined,
      }))
    : []
}

function textsOf(one: Item): string[] {
  if (one.type === 'function_call') return [String(one['name']), String(one['arguments'])]
  const held = 'content' in one ? one.content : 'output' in one ? one.output : ''
  if (typeof held === 'string') return held === '' ? [] : [held]
  return partsOf(one).flatMap(({ text }) => text ?? [])
}

function readOutputSchema(call: ResponsesBody): unknown {
  const format = call.text?.format
  if (format === undefined || format.type === 'text') return undefined
  return format.type === 'json_schema' && isRecord(format.schema) ? format.schema : ANY_JSON
}
