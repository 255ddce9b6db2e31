import { z } from 'zod'
import type { KeptContent } from '@atpar/core/kept-content'
import { askProxy, type ProxyAddress } from './ask-proxy.ts'

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

/** The proxy opens what it sealed; at most 50 requests at once. @throws AppError upstream_failed when no proxy answers. */
export const askProxyToRead = async (
  proxy: ProxyAddress,
  question: { readonly orgId: string; readonly requestIds: readonly string[] },
): Promise<ReadonlyMap<string, KeptContent>> => {
  const { contents } = await askProxy(proxy, {
    path: '/internal/contents/read',
    body: question,
    answer: answerSchema,
    trouble: 'The gateway could not be asked to open this. Nothing was lost; try again in a moment.',
  })
  return new Map(Object.entries(contents))
}
