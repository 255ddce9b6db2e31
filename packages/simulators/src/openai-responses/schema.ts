import { z } from 'zod'

const part = z.looseObject({
  type: z.enum(['input_text', 'output_text', 'refusal', 'input_image', 'input_file', 'reasoning_text', 'summary_text']),
  text: z.string().optional(),
})
const content = z.union([z.string(), z.array(part)])

const item = z.union([
  z.looseObject({
    type: z.literal('message').optional(),
    role: z.enum(['user', 'assistant', 'system', 'developer']),
    content,
  }),
  z.looseObject({ type: z.literal('function_call'), call_id: z.string(), name: z.string(), arguments: z.string() }),
  z.looseObject({ type: z.literal('function_call_output'), call_id: z.string(), output: content }),
  z.looseObject({ type: z.literal('reasoning'), id: z.string(), summary: z.array(part) }),
  z.looseObject({ type: z.literal('item_reference').nullish(), id: z.string() }),
  z.looseObject({ type: z.enum(['web_search_call']), id: z.string() }),
])

const tool = z.union([
  z.looseObject({
    type: z.literal('function'),
    name: z.string().regex(/^[\w.-]{1,64}$/),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  }),
  z.looseObject({ type: z.enum(['web_search', 'web_search_2025_08_26', 'web_search_preview']) }),
])

/** https://platform.openai.com/docs/api-reference/responses/create */
export const bodySchema = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(item).min(1)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  include: z.array(z.string()).nullish(),
  reasoning: z
    .looseObject({
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish(),
      summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
    })
    .nullish(),
  text: z
    .looseObject({
      format: z
        .discriminatedUnion('type', [
          z.looseObject({ type: z.literal('text') }),
          z.looseObject({ type: z.literal('json_object') }),
          z.looseObject({ type: z.literal('json_schema'), name: z.string(), schema: z.unknown() }),
        ])
        .optional(),
    })
    .nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .union([z.enum(['none', 'auto', 'required']), z.looseObject({ type: z.literal('function'), name: z.string() })])
    .nullish(),
})

export type ResponsesBody = z.infer<typeof bodySchema>
export type Item = Exclude<ResponsesBody['input'], string>[number]
