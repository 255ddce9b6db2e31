import { sumInput, sumOutput, type Answer } from '../generate/answer.ts'
import type { Envelope } from '../generate/wire-format.ts'
import type { BookUsage } from '../books.ts'
import type { StoredResponse } from './store.ts'

type JsonItem = Record<string, unknown>

function responseId({ requestId }: Envelope): string {
  return `resp_${requestId.replace(/^req_/, '')}`
}

/** The items of an answer: the thought, the search at OpenAI, the words, the calls. Their ids hang together with the answer's. */
export function writeOutput(answer: Answer, envelope: Envelope): JsonItem[] {
  const [choice] = answer.choices
  if (choice === undefined) return []
  const suffix = envelope.requestId.replace(/^req_/, '')
  const items: JsonItem[] = []
  const put = (prefix: string, item: JsonItem) => items.push({ id: `${prefix}_${suffix}${items.length}`, ...item })
  const body = envelope.request.responses?.body
  if (choice.reasoning.length > 0) {
    const isEncrypted = body?.include?.includes('reasoning.encrypted_content') === true
    put('rs', {
      type: 'reasoning',
      summary: envelope.request.showsReasoning ? [{ type: 'summary_text', text: choice.reasoning.join('') }] : [],
      ...(isEncrypted ? { encrypted_content: Buffer.from(choice.reasoning.join('')).toString('base64') } : {}),
    })
  }
  if (body?.tools?.some(({ type }) => type.startsWith('web_search')) === true)
    put('ws', { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'simulated' } })
  if (choice.text.length > 0 || choice.toolCalls.length === 0)
    put('msg', {
      type: 'message',
      status: choice.finish === 'length' ? 'incomplete' : 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', annotations: [], logprobs: [], text: choice.text.join('') }],
    })
  for (const call of choice.toolCalls)
    put('fc', {
      type: 'function_call',
      status: 'completed',
      arguments: call.pieces.join(''),
      call_id: `call_${call.id}`,
      name: call.name,
    })
  return items
}

/** The response as it stands: `answer` is null until it is made. */
export function writeResponse(answer: Answer | null, envelope: Envelope): StoredResponse['document'] {
  const { request, directive, startedAt } = envelope
  const body = request.responses?.body
  const isCut = answer?.choices[0]?.finish === 'length'
  return {
    id: responseId(envelope),
    object: 'response',
    created_at: Math.floor(startedAt.getTime() / 1000),
    status: answer === null ? 'in_progress' : isCut ? 'incomplete' : 'completed',
    background: false,
    error: null,
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    instructions: body?.instructions ?? null,
    max_output_tokens: body?.max_output_tokens ?? null,
    max_tool_calls: null,
    model: request.model,
    output: answer === null ? [] : writeOutput(answer, envelope),
    parallel_tool_calls: body?.['parallel_tool_calls'] ?? true,
    previous_response_id: body?.previous_response_id ?? null,
    reasoning: { effort: body?.reasoning?.effort ?? null, summary: body?.reasoning?.summary ?? null },
    service_tier: 'default',
    store: body?.store !== false,
    temperature: body?.temperature ?? 1,
    text: body?.text ?? { format: { type: 'text' } },
    tool_choice: body?.tool_choice ?? 'auto',
    tools: body?.tools ?? [],
    top_p: body?.top_p ?? 1,
    truncation: 'disabled',
    usage: answer === null || directive.no_usage === true ? null : writeUsage(answer.usage, envelope),
    user: null,
    metadata: body?.['metadata'] ?? {},
  }
}

export function writeResponsesAnswer(answer: Answer, envelope: Envelope): string {
  return JSON.stringify(writeResponse(answer, envelope))
}

const SPOILT = { zero: 0, negative: -7, not_a_number: 'NaN', huge: 1e18 } as const

function writeUsage(usage: Readonly<BookUsage>, { directive }: Envelope) {
  const input = sumInput(usage)
  const output = sumOutput(usage)
  const spoilt = directive.usage_is
  const count = (value: number) => (spoilt === undefined ? value : SPOILT[spoilt])
  return {
    input_tokens: count(input),
    input_tokens_details: {
      cached_tokens: count(usage.cache_read),
      ...(usage.cache_write_5m > 0 ? { cache_write_tokens: count(usage.cache_write_5m) } : {}),
    },
    output_tokens: count(output),
    output_tokens_details: { reasoning_tokens: count(usage.output_reasoning) },
    total_tokens: count(input + output),
  }
}

/** What OpenAI keeps of an answer; null when it was told to keep nothing. */
export function keepResponse(answer: Answer, envelope: Envelope): StoredResponse | null {
  const { request } = envelope
  if (request.responses === undefined || request.responses.body.store === false) return null
  const document = writeResponse(answer, envelope)
  return {
    document,
    input: request.responses.items.map((item, index) => ({ id: `msg_${responseId(envelope)}_in${index}`, ...item })),
    texts: [...request.prompt.texts, answer.choices.flatMap(({ text }) => text).join('')],
  }
}
