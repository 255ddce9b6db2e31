import { createHash } from 'node:crypto'

import { StripeRefusal } from './refusal.ts'
import type { RememberedAnswer, World } from './world.ts'

const LONGEST_KEY = 255

/** Two requests with one key must be the same; this says whether they are. */
export function fingerprintOf(method: string, path: string, body: string): string {
  return createHash('sha256').update(`${method} ${path}\n${body}`).digest('hex')
}

/** The first answer to this key, or undefined when it is new; refuses a key that was used for something else. */
export function recall(
  world: World,
  key: string,
  request: { fingerprint: string; endpoint: string; isRunning: boolean },
): RememberedAnswer | undefined {
  if (key.length > LONGEST_KEY) {
    throw new StripeRefusal(
      400,
      { type: 'idempotency_error', message: `Idempotency keys must be at most ${LONGEST_KEY} characters long.` },
      false,
    )
  }
  if (request.isRunning) {
    throw new StripeRefusal(
      409,
      {
        type: 'idempotency_error',
        code: 'idempotency_key_in_use',
        message: `There is currently another in-progress request using this Idempotent Key (${key}). Please try again later.`,
      },
      false,
    )
  }
  const held = world.tables.idempotency.get(key)
  if (held === undefined || held.fingerprint === request.fingerprint) return held
  const what =
    held.endpoint === request.endpoint
      ? 'with the same parameters they were first used with'
      : `for the same endpoint they were first used for ('${held.endpoint}')`
  throw new StripeRefusal(
    400,
    {
      type: 'idempotency_error',
      message: `Keys for idempotent requests can only be used ${what}. Try using a key other than '${key}' if you meant to execute a different request.`,
    },
    false,
  )
}
