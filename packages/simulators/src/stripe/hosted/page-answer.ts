import { createCard } from '../api/payment-methods.ts'
import type { PaymentMethod } from '../objects.ts'
import type { World } from '../world.ts'

/** What a hosted page answers: itself, or another address. */
export type PageAnswer = { kind: 'page'; html: string; status?: number } | { kind: 'see_other'; url: string }

export interface PageCall {
  method: string
  /** The path below `/stripe/`. */
  parts: readonly string[]
  query: URLSearchParams
  /** What was typed; empty for a GET. */
  form: URLSearchParams
}

/** The card that was chosen or typed. */
export function readCard(
  world: World,
  form: URLSearchParams,
  owner: { name?: string | null; email?: string | null } = {},
): PaymentMethod {
  const typed = (form.get('number') ?? '').trim()
  return createCard(world, {
    number: typed === '' ? (form.get('card') ?? '') : typed,
    expMonth: 12,
    expYear: new Date(world.now() * 1_000).getUTCFullYear() + 3,
    country: form.get('country'),
    postalCode: form.get('postal_code'),
    ...owner,
  })
}
