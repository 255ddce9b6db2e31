import { AppError } from '@atpar/core/errors'

/** Postgres has no NUL in text. @throws AppError invalid_request naming the field that holds one. */
export const refuseNul = (value: unknown, path: readonly string[] = []): void => {
  if (typeof value === 'string') {
    if (!value.includes('\0')) return
    const param = path.join('.')
    throw new AppError('invalid_request', {
      message: `${param === '' ? 'The request' : param} holds a NUL character. Send the text without it.`,
      ...(param === '' ? {} : { param }),
    })
  }
  if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) refuseNul(inner, [...path, name])
}
