import type { IncomingHttpHeaders } from 'node:http'

const MAX_KEY_LENGTH = 256

/** The API key of a request, from any header that the SDKs of our dialects send it in. Never from a URL, which ends in logs. */
export const readKeyText = (headers: IncomingHttpHeaders): string | null => {
  const bearer = headers.authorization
  if (bearer !== undefined && /^bearer /i.test(bearer)) return bounded(bearer.slice(7).trim())
  for (const name of ['x-api-key', 'x-goog-api-key', 'api-key']) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') return bounded(value)
  }
  return null
}

const bounded = (text: string): string | null => (text === '' || text.length > MAX_KEY_LENGTH ? null : text)
