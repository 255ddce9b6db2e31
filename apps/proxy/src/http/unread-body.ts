import type { IncomingMessage } from 'node:http'

/** So much is read and thrown away rather than lose the connection. */
const SHORT_BYTES = 64 * 1024
/** How long a refused caller may go on sending before its connection is closed under it. */
const LINGER_MS = 1_000

/** A refused request whose body is still coming: more of it than is worth reading. */
export const isStillSending = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && !(Number(headers['content-length'] ?? Number.NaN) <= SHORT_BYTES)

/**
 * Reads and forgets what a refused caller sends, for a moment: closing at once would reset the connection, and many clients would see that instead
 * of the refusal.
 */
export const drainBriefly = (request: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, LINGER_MS)
    request.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    request.once('end', () => {
      clearTimeout(timer)
      resolve()
    })
    request.resume()
  })
