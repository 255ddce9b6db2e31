import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import type { KeptContent } from '@atpar/core/kept-content'
import type { ProxyAddress } from './test-credential.ts'

const part = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['text', 'thinking', 'refusal']), text: z.string() }),
  z.object({ type: z.literal('tool-call'), name: z.string(), text: z.string() }),
  z.object({ type: z.literal('tool-result'), name: z.string().nullable(), text: z.string() }),
  z.object({ type: z.literal('media'), kind: z.enum(['image', 'audio', 'file']), mediaType: z.string().nullable() }),
])
const words = z.object({
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant', 'tool']), parts: z.array(part) })),
  isCut: z.boolean(),
})
const keptContentSchema = z.object({ request: words, answer: words.nullable() }) satisfies z.ZodType<KeptContent>
const answerSchema = z.object({ contents: z.record(z.string(), keptContentSchema) })

const TIMEOUT_MS = 8_000

/** The proxy opens what it sealed; at most 50 requests at once. @throws AppError upstream_failed when no proxy answers. */
export const askProxyToRead = async (
  proxy: ProxyAddress,
  question: { readonly orgId: string; readonly requestIds: readonly string[] },
): Promise<ReadonlyMap<string, KeptContent>> => {
  try {
    const answer = await fetch(`${proxy.url}/internal/contents/read`, {
      method: 'POST',
      headers: { authorization: `Bearer ${proxy.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(question),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!answer.ok) throw new Error(`the proxy answered ${answer.status}`)
    return new Map(Object.entries(answerSchema.parse(await answer.json()).contents))
  } catch (cause) {
    throw new AppError('upstream_failed', {
      message: 'The gateway could not be asked to open this. Nothing was lost; try again in a moment.',
      // What could not be read is not repeated: an error of the parser quotes it.
      cause: new Error(cause instanceof Error ? cause.name : 'unknown'),
    })
  }
}
