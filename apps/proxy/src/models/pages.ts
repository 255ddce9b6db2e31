import { AppError } from '@atpar/core/errors'
import type { ModelView } from './model-view.ts'

export interface Page {
  readonly views: readonly ModelView[]
  readonly hasMore: boolean
}

/** A size of pages from a query; more than the most is the most. @throws AppError `invalid_request` naming it. */
export const readCount = (
  query: URLSearchParams,
  name: string,
  { otherwise, max }: { readonly otherwise: number; readonly max: number },
): number => {
  const text = query.get(name)
  if (text === null || text === '') return otherwise
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new AppError('invalid_request', { param: name, message: `"${name}" must be a number from 1 to ${max}.` })
  return Math.min(Number(text), max)
}
