import { AppError } from '@atpar/core/errors'

/** Memory for bodies worth counting: how much of it all requests of this process may fill at once. */
export interface BodyRoom {
  /** @throws AppError `overloaded` when so much is not free. */
  take(bytes: number): BodyShare
  takenBytes(): number
}

export interface BodyShare {
  /** Gives back what is more than `bytes`: all of it by 0. */
  keep(bytes: number): void
}

export const createBodyRoom = (maxBytes: number): BodyRoom => {
  let taken = 0
  return {
    take: (bytes) => {
      if (taken + bytes > maxBytes)
        throw new AppError('overloaded', {
          message: 'Too many large bodies are being read at this moment. Try again shortly.',
          metadata: { retryAfterSeconds: 1 },
        })
      taken += bytes
      let kept = bytes
      return {
        keep: (wanted) => {
          const less = Math.min(kept, wanted)
          taken -= kept - less
          kept = less
        },
      }
    },
    takenBytes: () => taken,
  }
}
