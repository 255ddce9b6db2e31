import { AppError } from '@atpar/core/errors'

/** What a parser of packages/providers says of a text it does not take, as what an act says of its input. @throws AppError invalid_request (the given param) */
export const parsePart = <Value>(param: string, parse: () => Value): Value => {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new AppError('invalid_request', { param, message: error.message })
  }
}
