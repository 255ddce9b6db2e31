import { AppError } from '@atpar/core/errors'

/** A page may be theirs to see and the spend on it not. */
export const nullWhenNotTheirs = (error: unknown): null => {
  if (error instanceof AppError && (error.code === 'not_found' || error.code === 'forbidden')) return null
  throw error
}
