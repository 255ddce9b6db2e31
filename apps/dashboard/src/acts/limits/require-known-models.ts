import { AppError } from '@atpar/core/errors'
import { findUnknownModels } from '@atpar/db/catalogue'
import type { Act } from '../define-act.ts'

/** A misspelt name would make a key that is refused, or a budget that counts nothing, for a reason nobody sees. @throws AppError invalid_request */
export const requireKnownModels = async (act: Act, param: string, names: readonly string[]): Promise<void> => {
  const unknown = await findUnknownModels(act.tx, names)
  if (unknown.length > 0)
    throw new AppError('invalid_request', { message: `Not on the price list: ${unknown.join(', ')}.`, param })
}
