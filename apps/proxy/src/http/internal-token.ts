import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { AppError } from '@atpar/core/errors'

/** Whoever lacks the token finds nothing at this path. Hashed first, so that the comparison does not tell lengths. @throws AppError `not_found` */
export const requireInternalToken = (
  { internalToken }: { readonly internalToken: string },
  request: IncomingMessage,
  path: string,
): void => {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const [a, b] = [given, internalToken].map((text) => hash('sha256', text, 'buffer'))
  if (a === undefined || b === undefined || !timingSafeEqual(a, b))
    throw new AppError('not_found', { message: `There is nothing at ${path}. The API is below /v1.` })
}
