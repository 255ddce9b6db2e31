import type { BookUsage } from '../books.ts'
import type { Directive } from '../directives.ts'
import type { Provider } from '../providers.ts'
import { writeProse } from './prose.ts'
import { createRandom, hashText, type RandomInteger } from './random.ts'
import type { GenerationRequest, Prompt, ToolDeclaration } from './request.ts'
import { sampleFromSchema } from './sample-json.ts'
import { countPromptTokens, countTextTokens, splitIntoTokens } from './tokens.ts'

/** A whole answer, made before its first byte is sent. Every piece of text is one token. */
export interface Answer {
  choices: readonly AnswerChoice[]
  /** What the finished answer is billed for. */
  usage: Readonly<BookUsage>
}

export interface AnswerChoice {
  index: number
  reasoning: readonly string[]
  text: readonly string[]
  toolCalls: readonly ToolCall[]
  finish: 'stop' | 'length' | 'tool_calls' | 'stop_sequence'
  stopSequence: string | null
}

export interface ToolCall {
  /** 24 letters and digits; formats put their own prefix before it. */
  id: string
  name: string
  nameTokens: number
  arguments: Record<string, unknown>
  /** The arguments' JSON text, a token a piece. */
  pieces: readonly string[]
}

const SHORTEST_ANSWER = 24
const ANSWER_SPREAD = 40
const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** The same request, directive and provider always give the same answer. */
export function makeAnswer(request: GenerationRequest, directive: Directive, provider: Provider): Answer {
  const seed = seedOf(request, directive)
  const choices: AnswerChoice[] = []
  for (let index = 0; index < request.choices; index += 1) {
    choices.push(makeChoice({ request, directive, index, random: createRandom(seed + index) }))
  }
  return { choices, usage: { ...countInput(request.prompt, directive, provider), ...countOutput(choices, provider) } }
}

/** The end of each text is enough to tell prompts apart; hashing a 20 MB body whole would hold the event loop. */
function seedOf(request: GenerationRequest, directive: Directive): number {
  let seed = hashText(request.model, request.seed ^ (directive.seed ?? 0) ^ 0x811c9dc5)
  for (const text of request.prompt.texts) seed = hashText(text.slice(-4096), seed)
  return seed
}

interface ChoiceTask {
  request: GenerationRequest
  directive: Directive
  index: number
  random: RandomInteger
}

function makeChoice(task: ChoiceTask): AnswerChoice {
  const { request, directive, index, random } = task
  const limit = request.maxOutputTokens ?? Infinity
  const reasoningWanted = directive.reasoning ?? request.reasoningTokens
  const reasoning = writeProse(random, Math.min(reasoningWanted, limit))
  let room = limit - reasoning.length

  const toolCalls: ToolCall[] = []
  const wanted = chooseTools(request, directive)
  for (const tool of wanted) {
    const call = makeToolCall(tool, random)
    const cost = call.nameTokens + call.pieces.length
    // A call that does not fit is left out whole: half of a call has no form in most formats.
    if (cost > room) break
    room -= cost
    toolCalls.push(call)
  }

  const isAllTools = wanted.length > 0 && toolCalls.length === wanted.length
  const whole = isAllTools && directive.tokens === undefined ? [] : writeText(task)
  const fitting = whole.slice(0, room)
  const { text, stopSequence } = stopAt(fitting, request.stop)
  const isCut = reasoningWanted > reasoning.length || toolCalls.length < wanted.length || fitting.length < whole.length
  return {
    index,
    reasoning,
    text,
    toolCalls,
    stopSequence,
    finish: finishOf({ stopSequence, isCut, calls: toolCalls.length }),
  }
}

function finishOf(end: { stopSequence: string | null; isCut: boolean; calls: number }): AnswerChoice['finish'] {
  if (end.stopSequence !== null) return 'stop_sequence'
  if (end.isCut) return 'length'
  return end.calls > 0 ? 'tool_calls' : 'stop'
}

function writeText({ request, directive, random }: ChoiceTask): string[] {
  if (request.outputSchema !== undefined) return jsonPieces(sampleFromSchema(request.outputSchema, random))
  const length = directive.tokens ?? SHORTEST_ANSWER + random(ANSWER_SPREAD)
  return writeProse(random, length, directive.cut === 'mid-utf8')
}

/** Tools are called when a directive or the request's tool choice says so, and only declared ones. */
function chooseTools(request: GenerationRequest, directive: Directive): ToolDeclaration[] {
  const { tools, toolChoice } = request
  if (toolChoice === 'none') return []
  const asked = directive.tool === undefined ? [] : [directive.tool].flat()
  const named = asked.flatMap((name) => tools.filter((tool) => tool.name === name))
  if (named.length > 0 || toolChoice === 'auto') return named
  if (toolChoice === 'required') return tools.slice(0, 1)
  return tools.filter((tool) => tool.name === toolChoice.name)
}

function makeToolCall(tool: ToolDeclaration, random: RandomInteger): ToolCall {
  const sampled = sampleFromSchema(tool.schema ?? {}, random)
  const isObject = typeof sampled === 'object' && sampled !== null
  const values = isObject ? (sampled as Record<string, unknown>) : {}
  let id = ''
  while (id.length < 24) id += ID_LETTERS[random(ID_LETTERS.length)] ?? '0'
  return { id, name: tool.name, nameTokens: countTextTokens(tool.name), arguments: values, pieces: jsonPieces(values) }
}

/** JSON in ASCII, because a token of other text may be a part of a character. */
function jsonPieces(value: unknown): string[] {
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return splitIntoTokens(JSON.stringify(value).replace(/[\u0080-\uffff]/g, escape))
}

function stopAt(pieces: string[], stop: readonly string[]): { text: string[]; stopSequence: string | null } {
  if (stop.length === 0) return { text: pieces, stopSequence: null }
  let written = ''
  for (const [index, piece] of pieces.entries()) {
    written += piece
    const found = stop.find((sequence) => sequence !== '' && written.includes(sequence))
    if (found !== undefined) return { text: pieces.slice(0, index), stopSequence: found }
  }
  return { text: pieces, stopSequence: null }
}

/**
 * Cached and freshly cached tokens are part of the prompt. Where a directive asks for more of them than the prompt
 * has, the prompt counts as that much longer, so that a short test prompt can show a large cache hit.
 */
function countInput(prompt: Prompt, directive: Directive, provider: Provider) {
  const counted = countPromptTokens(prompt)
  const read = provider.reportsCacheReads ? (directive.cached ?? 0) : 0
  const writes = countCacheWrites(directive, provider)
  const special = read + writes.cache_write_5m + writes.cache_write_1h
  const uncached = special <= counted ? counted - special : counted
  return { input_uncached: uncached, cache_read: read, ...writes }
}

function countCacheWrites(directive: Directive, provider: Provider) {
  const short = directive.cache_write_5m ?? 0
  const long = directive.cache_write_1h ?? 0
  switch (provider.cacheWrites) {
    case 'none':
      return { cache_write_5m: 0, cache_write_1h: 0 }
    case 'one_kind':
      return { cache_write_5m: short + long, cache_write_1h: 0 }
    case 'five_minutes_and_one_hour':
      return { cache_write_5m: short, cache_write_1h: long }
  }
}

function countOutput(choices: readonly AnswerChoice[], provider: Provider) {
  let reasoning = 0
  let text = 0
  for (const choice of choices) {
    reasoning += choice.reasoning.length
    text += choice.text.length
    for (const call of choice.toolCalls) text += call.nameTokens + call.pieces.length
  }
  return foldOutput({ reasoning, text }, provider)
}

/** Output in the buckets the provider tells apart. */
export function foldOutput(
  output: { reasoning: number; text: number },
  provider: Provider,
): Pick<BookUsage, 'output_text' | 'output_reasoning'> {
  return provider.reportsReasoning
    ? { output_text: output.text, output_reasoning: output.reasoning }
    : { output_text: output.text + output.reasoning, output_reasoning: 0 }
}

/** All input tokens, cached ones included: what most formats call the prompt's tokens. */
export function sumInput(usage: Readonly<BookUsage>): number {
  return usage.input_uncached + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h
}

export function sumOutput(usage: Readonly<BookUsage>): number {
  return usage.output_text + usage.output_reasoning
}
