import { readClient } from '../auth/client.ts'
import { readDeps } from '../deps.ts'
import { readBoundedBody } from '../read-bounded-body.ts'
import { findKeyTexts } from './find-key-texts.ts'
import { stopLeakedKey } from './stop-leaked-key.ts'

const MOST_BYTES = 256 * 1024
const PER_ADDRESS = { limit: 60, windowMs: 60_000 }
const IN_ALL = { limit: 1_200, windowMs: 60_000 }

const received = () => Response.json({ received: true }, { status: 202 })
const tooMany = () =>
  Response.json({ received: false }, { status: 429, headers: { 'retry-after': String(PER_ADDRESS.windowMs / 1_000) } })

/**
 * Takes a report of keys found in public, from secret scanners or anyone, in whatever shape holds their text. A key that works is stopped at once.
 * The answer is the same for a key that works, one that does not, and no key at all.
 */
export const receiveLeakReport = async (request: Request): Promise<Response> => {
  const { throttle } = readDeps()
  const { ip } = readClient(request.headers)
  if (!throttle.take(`leak-report:${ip ?? 'unknown'}`, PER_ADDRESS) || !throttle.take('leak-report', IN_ALL))
    return tooMany()
  const text = await readBoundedBody(request, MOST_BYTES)
  if (text === null) return Response.json({ received: false }, { status: 413 })
  for (const key of findKeyTexts(text)) await stopLeakedKey(key)
  return received()
}
