import type { Offering } from './snapshot.ts'

/** The part of a request's facts that bounds its tokens (dialects' `RequestFacts` has it). */
export interface SizeFacts {
  /** Bytes of text the model will read, with what providers put around it (the dialects count that in). */
  readonly textBytes: number
  /** Upper bound for images, audio and files; null when the body does not bound them. */
  readonly mediaTokens: number | null
  readonly maxOutputTokens: number | null
  readonly choices: number
  readonly reasoningTokens: number | null
  /** Texts read apart from each other, each up to the context; 1 when absent. */
  readonly inputs?: number
}

type Limits = Pick<Offering, 'contextTokens' | 'maxOutputTokens'>

/** What an answer is expected to need when nobody says otherwise (research, section B4). */
const EXPECTED_ANSWER_TOKENS = 1_024
/** Where neither body nor catalogue bounds the input: the largest context sold today. */
const LARGEST_CONTEXT_TOKENS = 2_000_000

/**
 * No provider can count more input tokens than this: a token is at least one byte of text, and no input is larger than the context.
 * Never a tokenizer: 100 kB would hold the event loop for milliseconds (quota.md).
 */
export const boundInputTokens = (facts: SizeFacts, candidates: readonly Limits[]): number => {
  const context =
    (largest(candidates, (limits) => limits.contextTokens) ?? LARGEST_CONTEXT_TOKENS) * Math.max(1, facts.inputs ?? 1)
  if (facts.mediaTokens === null) return context
  return Math.min(facts.textBytes + facts.mediaTokens, context)
}

/** What media without a bound is taken for where nothing hangs on it: no hard budget, only rates. About ten pages. */
const UNBOUNDED_MEDIA_TOKENS = 8_000

/** Input to reserve money for: the bytes at what this model usually makes of one, never more than the bound. */
export const expectedInputTokens = (facts: SizeFacts, candidates: readonly Limits[], tokensPerByte: number): number =>
  Math.min(
    Math.ceil(facts.textBytes * tokensPerByte) + (facts.mediaTokens ?? UNBOUNDED_MEDIA_TOKENS),
    boundInputTokens(facts, candidates),
  )

/** Whether the body and the catalogue together say how large the input can get. */
export const isInputBounded = (facts: SizeFacts, candidates: readonly Limits[]): boolean =>
  facts.mediaTokens !== null || candidates.every((limits) => limits.contextTokens !== null)

/**
 * Output to reserve money for: what an answer usually needs, more only for a stated thinking budget, never more than the caller or the model allows.
 * An answer that grows beyond it extends its hold. `usualTokens`: what answers of this model to this organization usually need, where that is known.
 */
export const expectedOutputTokens = (
  facts: SizeFacts,
  candidates: readonly Limits[],
  usualTokens: number = EXPECTED_ANSWER_TOKENS,
): number => Math.min(usualTokens + (facts.reasoningTokens ?? 0), largestAnswer(facts, candidates)) * answers(facts)

/**
 * Output no answer can exceed: the caller's limit, the model's, or the context. The hold that can never be overrun.
 */
export const boundOutputTokens = (facts: SizeFacts, candidates: readonly Limits[]): number =>
  largestAnswer(facts, candidates) * answers(facts)

const answers = (facts: SizeFacts): number => Math.max(1, facts.choices)

const largestAnswer = (facts: SizeFacts, candidates: readonly Limits[]): number => {
  const model =
    largest(candidates, (limits) => limits.maxOutputTokens ?? limits.contextTokens) ?? LARGEST_CONTEXT_TOKENS
  return Math.min(facts.maxOutputTokens ?? model, model)
}

/** Null as soon as one candidate's limit is unknown: the bound must hold for whichever answers. */
const largest = (candidates: readonly Limits[], limitOf: (limits: Limits) => number | null): number | null => {
  let result: number | null = null
  for (const candidate of candidates) {
    const limit = limitOf(candidate)
    if (limit === null) return null
    if (result === null || limit > result) result = limit
  }
  return result
}
