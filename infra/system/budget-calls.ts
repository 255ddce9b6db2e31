import { request } from 'undici'
import type { RunningSystem } from './start-system.ts'

export type Dialect = 'openai-chat' | 'anthropic-messages' | 'gemini'

interface BudgetCall {
  readonly key: string
  readonly dialect: Dialect
  readonly model: string
  readonly stream: boolean
  /** Of the simulated provider: tokens of the answer and the pause between them. */
  readonly directive: { readonly tokens: number; readonly delay_ms?: number }
  readonly maxTokens?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Which of the proxies. */
  readonly proxy?: number
}

export interface BudgetAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly requestId: string
  readonly body: string
}

/** One call in any of the callers' formats, read to its end. */
export const playBudgetCall = async (system: RunningSystem, call: BudgetCall): Promise<BudgetAnswer> => {
  const { path, body, headers } = write(call)
  const answer = await request((system.proxyUrls[call.proxy ?? 0] ?? '') + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers, ...call.headers },
    body: JSON.stringify(body),
  })
  return {
    status: answer.statusCode,
    headers: answer.headers,
    requestId: String(answer.headers['x-request-id'] ?? ''),
    body: await answer.body.text(),
  }
}

const write = (call: BudgetCall): { readonly path: string; readonly body: object; readonly headers: object } => {
  const { key, model, stream, maxTokens } = call
  const text = `Tell me about the sea. [[sim:${JSON.stringify(call.directive)}]]`
  switch (call.dialect) {
    case 'openai-chat':
      return {
        path: '/v1/chat/completions',
        headers: { authorization: `Bearer ${key}` },
        body: {
          model,
          stream,
          messages: [{ role: 'user', content: text }],
          ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
        },
      }
    case 'anthropic-messages':
      return {
        path: '/v1/messages',
        headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
        body: { model, stream, max_tokens: maxTokens ?? 16_000, messages: [{ role: 'user', content: text }] },
      }
    case 'gemini':
      return {
        path: `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
        headers: { 'x-goog-api-key': key },
        body: {
          contents: [{ role: 'user', parts: [{ text }] }],
          ...(maxTokens === undefined ? {} : { generationConfig: { maxOutputTokens: maxTokens } }),
        },
      }
  }
}
