import { notFound } from 'next/navigation'
import { AppError } from '@atpar/core/errors'

/** For pages: what an act says is not there, or not theirs, is the page that was never there. */
export const orNotFound = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof AppError && (error.code === 'not_found' || error.code === 'forbidden')) notFound()
    throw error
  }
}
