import { AppError } from '@atpar/core/errors'

/** One part of a path as it was meant. @throws AppError `invalid_request` for escapes that stand for no text. */
export const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw new AppError('invalid_request', {
      message: `"${segment.slice(0, 100)}" in the path is not valid percent-encoding.`,
      cause,
    })
  }
}
