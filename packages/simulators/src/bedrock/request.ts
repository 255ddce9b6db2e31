import { firstIssue, isRecord } from '../generate/read-body.ts'
import type { GenerationRequest, Prompt } from '../generate/request.ts'
import { Refusal } from '../refusal.ts'
import { refuseBrokenHistory } from './history.ts'
import { converseSchema, type ConverseBlock, type ConverseBody } from './schema.ts'

const REASONING_WHEN_ON = 32

/** Reads a Converse body; model and streaming stand in the path. */
export function readConverseRequest(
  body: unknown,
  target: { model: string | null; streamed: boolean },
): GenerationRequest {
  const parsed = converseSchema.safeParse(body)
  if (!parsed.success) {
    const issue = firstIssue(parsed.error)
    throw new Refusal(400, `1 validation error detected: ${issue.path === '' ? 'body' : issue.path}: ${issue.message}`)
  }
  const call = parsed.data
  refuseBrokenHistory(call)
  const config = call.inferenceConfig ?? {}
  const schema = call.outputConfig?.textFormat?.structure.jsonSchema.schema
  return {
    model: target.model ?? '',
    streamed: target.streamed,
    prompt: readPrompt(call),
    lastUserText: (call.messages.findLast((one) => one.role === 'user')?.content ?? []).flatMap(textsOf).join('\n'),
    maxOutputTokens: config.maxTokens ?? null,
    choices: 1,
    stop: config.stopSequences ?? [],
    tools: (call.toolConfig?.tools ?? []).flatMap((tool) =>
      'toolSpec' in tool ? [{ name: tool.toolSpec.name, schema: tool.toolSpec.inputSchema.json }] : [],
    ),
    toolChoice: readToolChoice(call),
    outputSchema: schema === undefined ? undefined : parseSchema(schema),
    reasoningTokens: isThinking(call) ? REASONING_WHEN_ON : 0,
    showsReasoning: true,
    seed: 0,
    includesLogprobs: false,
    includesUsage: true,
    unknownFields: [],
  }
}

function parseSchema(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'outputConfig.textFormat: the schema is not valid JSON')
  }
}

/** Each maker's own way of asking for thoughts. */
function isThinking({ additionalModelRequestFields: fields = {} }: ConverseBody): boolean {
  const asked = [fields['thinking'], fields['reasoningConfig']].some(
    (config) => isRecord(config) && (config['type'] === 'enabled' || config['type'] === 'adaptive'),
  )
  return asked || typeof fields['reasoning_effort'] === 'string'
}

function readToolChoice({ toolConfig }: ConverseBody): GenerationRequest['toolChoice'] {
  const choice = toolConfig?.toolChoice
  if (choice === undefined || 'auto' in choice) return 'auto'
  return 'any' in choice ? 'required' : { name: choice.tool.name }
}

function readPrompt(call: ConverseBody): Prompt {
  const texts = (call.system ?? []).flatMap((block) => ('text' in block ? [block.text] : []))
  let attachments = 0
  for (const { content } of call.messages) {
    texts.push(...content.flatMap(textsOf))
    attachments += content.filter((block) => 'image' in block || 'document' in block).length
  }
  for (const tool of call.toolConfig?.tools ?? []) if ('toolSpec' in tool) texts.push(JSON.stringify(tool.toolSpec))
  return { texts, messages: call.messages.length, attachments }
}

function textsOf(block: ConverseBlock): string[] {
  if ('text' in block) return [block.text]
  if ('toolUse' in block) return [block.toolUse.name, JSON.stringify(block.toolUse.input)]
  if (!('toolResult' in block)) return []
  return block.toolResult.content.flatMap((part) =>
    'text' in part ? [part.text] : 'json' in part ? [JSON.stringify(part.json)] : [],
  )
}
