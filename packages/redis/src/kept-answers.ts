import type { Redis } from './client.ts'

/** Which answer: an organization's, by a name that tells nothing of what it answers. */
export interface AnswerName {
  readonly orgId: string
  readonly name: string
}

/** Answers kept for a while, as bytes that whoever put them there has sealed. All methods throw when Redis cannot be asked. */
export interface KeptAnswers {
  /** Puts `bytes` where nothing is. @returns what was there already; null when the place is now the caller's. */
  claim(answer: AnswerName, bytes: Buffer, ttlMs: number): Promise<Buffer | null>
  put(answer: AnswerName, bytes: Buffer, ttlMs: number): Promise<void>
  find(answer: AnswerName): Promise<Buffer | null>
  /** Lets it live so long from now on. */
  prolong(answer: AnswerName, ttlMs: number): Promise<void>
  drop(answer: AnswerName): Promise<void>
}

const keyOf = ({ orgId, name }: AnswerName): string => `answer:{${orgId}}:${name}`

/** Redis may not be asked for longer memory than this: nobody's words stay in it. */
const MAX_TTL_MS = 24 * 60 * 60_000

const bounded = (ttlMs: number): number => Math.max(1, Math.min(ttlMs, MAX_TTL_MS))

export const createKeptAnswers = (redis: Redis): KeptAnswers => ({
  claim: async (answer, bytes, ttlMs) => {
    const before: unknown = await redis.callBuffer(
      'SET',
      keyOf(answer),
      bytes,
      'PX',
      String(bounded(ttlMs)),
      'NX',
      'GET',
    )
    return before instanceof Buffer ? before : null
  },
  put: async (answer, bytes, ttlMs) => {
    await redis.set(keyOf(answer), bytes, 'PX', bounded(ttlMs))
  },
  find: (answer) => redis.getBuffer(keyOf(answer)),
  prolong: async (answer, ttlMs) => {
    await redis.pexpire(keyOf(answer), bounded(ttlMs))
  },
  drop: async (answer) => {
    await redis.del(keyOf(answer))
  },
})
