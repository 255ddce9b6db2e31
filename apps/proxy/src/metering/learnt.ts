/**
 * What recent answers teach about the next one, in this process's memory: how many tokens a model makes of a byte, and how long its answers to
 * one organization are. Estimates for sizing holds, never for bills.
 */
export interface Learnt {
  /** Input tokens per byte of text, leaning upwards; 1, which nothing can exceed, until enough was seen. */
  inputPerByte(modelId: string): number
  /** Output tokens per character of streamed text, leaning upwards. */
  outputPerCharacter(modelId: string): number
  /** What 95 of 100 recent answers stayed below, in output tokens; null until enough was seen. */
  usualOutput(orgId: string, modelId: string): number | null
  record(lesson: Lesson): void
}

export interface Lesson {
  readonly orgId: string
  readonly modelId: string
  readonly outputTokens: number
  /** Text in and what it came to; null when other things than text were in it. */
  readonly input: { readonly bytes: number; readonly tokens: number } | null
  /** Characters of the streamed answer; null when they were not counted, or not all of the tokens were visible. */
  readonly outputCharacters: number | null
}

const ENOUGH_SAMPLES = 20
const MARGIN = 1.1
/** English needs a quarter of a token for a character, code a third; other scripts up to one, where the number of events says more. */
const USUAL_OUTPUT_PER_CHARACTER = 0.4
/** Shorter texts are mostly overhead. */
const SHORTEST_TEXT = 64
const SHORTEST_ANSWER_TOKENS = 64
const MAX_PAIRS = 20_000

/** The highest of the last one to two hundred values: two buckets, the older of which is forgotten when the newer is full. */
interface Peak {
  count: number
  current: number
  previous: number
}
const PEAK_BUCKET = 100

const addToPeak = (peaks: Map<string, Peak>, name: string, value: number): void => {
  let peak = peaks.get(name)
  if (peak === undefined) {
    peak = { count: 0, current: 0, previous: 0 }
    peaks.set(name, peak)
  }
  if (peak.count > 0 && peak.count % PEAK_BUCKET === 0) {
    peak.previous = peak.current
    peak.current = 0
  }
  peak.count += 1
  if (value > peak.current) peak.current = value
}

const readPeak = (peaks: Map<string, Peak>, name: string): number | null => {
  const peak = peaks.get(name)
  return peak === undefined || peak.count < ENOUGH_SAMPLES ? null : Math.max(peak.current, peak.previous) * MARGIN
}

/** The last hundred lengths, and what all but the longest five of them stay below. */
interface Lengths {
  readonly ring: Uint32Array
  count: number
  p95: number
}
const RING = 100
/** Sorting a hundred numbers for every answer would cost more than it tells. */
const SORT_EVERY = 10

const addLength = (lengths: Lengths, tokens: number): void => {
  lengths.ring[lengths.count % RING] = Math.min(tokens, 0xff_ff_ff_ff)
  lengths.count += 1
  if (lengths.count < ENOUGH_SAMPLES || lengths.count % SORT_EVERY !== 0) return
  const sorted = lengths.ring.slice(0, Math.min(lengths.count, RING)).toSorted()
  lengths.p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0
}

export const createLearnt = (): Learnt => {
  const inputs = new Map<string, Peak>()
  const outputs = new Map<string, Peak>()
  /** By organization, then by model: a key made of both would have to be put together twice a call. */
  const lengths = new Map<string, Map<string, Lengths>>()
  let pairs = 0
  const forgetOldest = (exceptOrgId: string): void => {
    for (const [orgId, models] of lengths) {
      if (pairs <= MAX_PAIRS * 0.9) return
      if (orgId === exceptOrgId) continue
      pairs -= models.size
      lengths.delete(orgId)
    }
  }
  return {
    inputPerByte: (modelId) => Math.min(1, readPeak(inputs, modelId) ?? 1),
    outputPerCharacter: (modelId) => readPeak(outputs, modelId) ?? USUAL_OUTPUT_PER_CHARACTER,
    usualOutput: (orgId, modelId) => {
      const known = lengths.get(orgId)?.get(modelId)
      return known === undefined || known.count < ENOUGH_SAMPLES ? null : Math.max(known.p95, SHORTEST_ANSWER_TOKENS)
    },
    record: ({ orgId, modelId, outputTokens, input, outputCharacters }) => {
      let ofOrganization = lengths.get(orgId)
      if (ofOrganization === undefined) {
        ofOrganization = new Map()
        lengths.set(orgId, ofOrganization)
      }
      let known = ofOrganization.get(modelId)
      if (known === undefined) {
        if (pairs >= MAX_PAIRS) forgetOldest(orgId)
        pairs += 1
        known = { ring: new Uint32Array(RING), count: 0, p95: 0 }
        ofOrganization.set(modelId, known)
      }
      addLength(known, outputTokens)
      if (input !== null && input.bytes >= SHORTEST_TEXT) addToPeak(inputs, modelId, input.tokens / input.bytes)
      if (outputCharacters !== null && outputCharacters >= SHORTEST_TEXT)
        addToPeak(outputs, modelId, outputTokens / outputCharacters)
    },
  }
}
