import { createHash } from 'node:crypto'
import type { Redis } from './client.ts'

export interface AttemptWindow {
  /** What is counted: an address, a person. Only its hash reaches Redis. */
  readonly subject: string
  readonly windowMs: number
}

const keyOf = (subject: string): string => `atpar:attempts:${createHash('sha256').update(subject).digest('base64url')}`

const numberAt = (replies: [error: Error | null, result: unknown][] | null, index: number): number => {
  const [error, result] = replies?.[index] ?? [new Error('Redis ended the transaction.'), null]
  if (error !== null) throw error
  return Number(result)
}

/** Counts one more in a window that starts with the first. @returns how many there are now. @throws when Redis cannot be asked. */
export const countAttempt = async (redis: Redis, { subject, windowMs }: AttemptWindow): Promise<number> => {
  const key = keyOf(subject)
  return numberAt(await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).exec(), 1)
}

/** How many there are, without adding one. */
export const readAttempts = async (redis: Redis, subject: string): Promise<number> =>
  Number((await redis.get(keyOf(subject))) ?? 0)

export const forgetAttempts = async (redis: Redis, subject: string): Promise<void> => {
  await redis.del(keyOf(subject))
}
