import { z } from 'zod'

import { firstIssue } from '../generate/read-body.ts'
import type { GenerationRequest, Prompt } from '../generate/request.ts'
import { Refusal } from '../refusal.ts'
import { refuseBrokenContents } from './history.ts'
import { refuseUnknownNames, toCamelCase } from './known-names.ts'
import { bodySchema, type GeminiContent, type GenerateBody } from './schema.ts'

const ANY_JSON = { type: 'object', properties: { answer: { type: 'string' } } }
const REASONING_BY_LEVEL: Readonly<Record<string, number>> = { minimal: 0, low: 16, medium: 32, high: 64 }
const REASONING_WHEN_ON = 32

/** Reads a generateContent body and refuses what Gemini refuses. */
export function readGenerateRequest(
  body: unknown,
  target: { model: string | null; streamed: boolean },
): GenerationRequest {
  const call = parseBody(body)
  refuseBrokenContents(call.contents)
  const config = call.generationConfig ?? {}
  return {
    model: target.model ?? '',
    streamed: target.streamed,
    prompt: promptOf(call),
    lastUserText: textsOf(call.contents.findLast((one) => one.role !== 'model')?.parts ?? []).join('\n'),
    maxOutputTokens: config.maxOutputTokens ?? null,
    choices: config.candidateCount ?? 1,
    stop: config.stopSequences ?? [],
    tools: declarationsOf(call).map((tool) => ({
      name: tool.name,
      schema: tool.parametersJsonSchema ?? tool.parameters ?? {},
    })),
    toolChoice: readToolChoice(call),
    outputSchema: readOutputSchema(config),
    reasoningTokens: readReasoning(config),
    showsReasoning: config.thinkingConfig?.includeThoughts === true,
    seed: config.seed ?? 0,
    includesLogprobs: false,
    includesUsage: true,
    unknownFields: [],
  }
}

/** Reads the body of countTokens, which may wrap a whole request. */
export function readPromptOnly(body: unknown): Prompt {
  const wrapped = z.looseObject({ generateContentRequest: z.unknown().optional() }).safeParse(body)
  return promptOf(parseBody(wrapped.data?.generateContentRequest ?? body))
}

function parseBody(body: unknown): GenerateBody {
  const camel = toCamelCase(body)
  refuseUnknownNames(camel)
  const parsed = bodySchema.safeParse(camel)
  if (parsed.success) return parsed.data
  const issue = firstIssue(parsed.error)
  throw new Refusal(
    400,
    `* GenerateContentRequest.${issue.path}: ${issue.isMissing ? `${issue.path} is not specified` : issue.message}\n`,
  )
}

function declarationsOf(call: GenerateBody) {
  return (call.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? [])
}

function readToolChoice(call: GenerateBody): GenerationRequest['toolChoice'] {
  const choice = call.toolConfig?.functionCallingConfig
  if (choice?.mode === 'NONE') return 'none'
  if (choice?.mode !== 'ANY') return 'auto'
  const [name] = choice.allowedFunctionNames ?? []
  return name === undefined ? 'required' : { name }
}

function readOutputSchema(config: NonNullable<GenerateBody['generationConfig']>): unknown {
  const schema = config.responseJsonSchema ?? config.responseSchema
  if (schema !== undefined) return schema
  return config.responseMimeType === 'application/json' ? ANY_JSON : undefined
}

function readReasoning(config: NonNullable<GenerateBody['generationConfig']>): number {
  const { thinkingBudget, thinkingLevel } = config.thinkingConfig ?? {}
  if (thinkingLevel !== undefined) return REASONING_BY_LEVEL[thinkingLevel.toLowerCase()] ?? REASONING_WHEN_ON
  return thinkingBudget === undefined || thinkingBudget === 0 ? 0 : REASONING_WHEN_ON
}

function promptOf(call: GenerateBody): Prompt {
  const system = call.systemInstruction
  const texts = typeof system === 'string' ? [system] : textsOf(system?.parts ?? [])
  let attachments = 0
  for (const { parts } of call.contents) {
    texts.push(...textsOf(parts))
    attachments += parts.filter((one) => one['inlineData'] !== undefined || one['fileData'] !== undefined).length
  }
  for (const tool of declarationsOf(call)) texts.push(JSON.stringify(tool))
  return { texts, messages: call.contents.length, attachments }
}

function textsOf(parts: GeminiContent['parts']): string[] {
  return parts.flatMap((one) => {
    if (one.text !== undefined) return one.thought === true ? [] : [one.text]
    if (one.functionCall !== undefined) return [one.functionCall.name, JSON.stringify(one.functionCall.args ?? {})]
    if (one.functionResponse !== undefined)
      return [one.functionResponse.name, JSON.stringify(one.functionResponse.response)]
    return []
  })
}
