import { z } from 'zod'

const textBlock = z.looseObject({ type: z.literal('text'), text: z.string().min(1) })
export const attachment = z.looseObject({ type: z.enum(['image', 'document', 'search_result']) })
const toolUse = z.looseObject({
  type: z.literal('tool_use'),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown()),
})
const toolResult = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, attachment]))]).optional(),
})
const thinkingBlock = z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() })
const redactedBlock = z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() })
const block = z.discriminatedUnion('type', [textBlock, attachment, toolUse, toolResult, thinkingBlock, redactedBlock])

const message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(block)]),
})

export const promptSchema = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  tools: z
    .array(
      z.looseObject({
        name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
        type: z.string().nullish(),
        input_schema: z.looseObject({ type: z.literal('object') }).optional(),
      }),
    )
    .optional(),
})

export const bodySchema = promptSchema.extend({
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string().regex(/\S/)).optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  tool_choice: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.enum(['auto', 'any', 'none']) }),
      z.looseObject({ type: z.literal('tool'), name: z.string() }),
    ])
    .optional(),
  thinking: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1024) }),
      z.looseObject({ type: z.enum(['disabled', 'adaptive', 'between_tools']) }),
    ])
    .optional(),
  output_config: z
    .looseObject({ format: z.looseObject({ type: z.literal('json_schema'), schema: z.unknown() }).nullish() })
    .optional(),
})

export type PromptBody = z.infer<typeof promptSchema>
export type MessagesBody = z.infer<typeof bodySchema>
export type AnthropicMessage = PromptBody['messages'][number]
