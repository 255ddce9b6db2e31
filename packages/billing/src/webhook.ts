import { Stripe } from 'stripe'
import { parseJson } from './parse-json.ts'

/** What is kept of an event: enough to read its object again, nothing to act by. */
export interface StripeHint {
  readonly id: string
  readonly type: string
  readonly objectId: string
  readonly livemode: boolean
  readonly apiVersion: string | null
  readonly occurredAtMs: number
}

export interface WebhookSettings {
  /** One, or two while they are being changed. */
  readonly secrets: readonly string[]
  readonly livemode: boolean
}

/** Somebody who is not Stripe, or not our Stripe. Answered 400 and nothing else. */
export class ForgedEvent extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ForgedEvent'
  }
}

/** Older signatures are replays. */
const TOLERANCE_SECONDS = 300

/**
 * The webhook's secrets, from text with a comma between two of them.
 * @throws RangeError when one is empty, short or has white space in it: under an empty secret anybody can sign an event.
 */
export const parseWebhookSecrets = (text: string): readonly string[] => {
  const secrets = text.split(',')
  if (secrets.length > 2) throw new RangeError('at most two webhook secrets are in force at a time')
  for (const secret of secrets)
    if (!/^\S{16,}$/.test(secret))
      throw new RangeError('a webhook secret has at least 16 characters and no white space, as Stripe shows it')
  return secrets
}

const isSigned = (body: string, header: string, secret: string): boolean => {
  try {
    return Stripe.webhooks.signature?.verifyHeader(body, header, secret, TOLERANCE_SECONDS) === true
  } catch (error) {
    // Wrongly signed or too old; the other secret may still fit.
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false
    throw error
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined

/**
 * Takes one delivery. `body` is the request's body as it came, byte for byte.
 * @throws ForgedEvent when no secret signed it in the last five minutes, or when it comes from the other mode or another account.
 */
export const readWebhook = (
  delivery: { readonly body: string; readonly signature: string | null },
  settings: WebhookSettings,
): StripeHint => {
  const { body, signature } = delivery
  if (settings.secrets.length === 0) throw new RangeError('There is no webhook secret.')
  if (signature === null || !settings.secrets.some((secret) => isSigned(body, signature, secret)))
    throw new ForgedEvent('The signature does not fit, or is older than five minutes.')
  return readHint(parseJson(body), settings)
}

/** The same from an event that was asked for. @throws ForgedEvent when it is none of ours. */
export const readHint = (event: unknown, settings: Pick<WebhookSettings, 'livemode'>): StripeHint => {
  const object = field(field(event, 'data'), 'object')
  const [id, type, objectId] = [text(field(event, 'id')), text(field(event, 'type')), text(field(object, 'id'))]
  const created = field(event, 'created')
  if (id === null || type === null || typeof created !== 'number')
    throw new ForgedEvent('This is signed, but it is no event.')
  if (field(event, 'livemode') !== settings.livemode)
    throw new ForgedEvent(`An event of ${settings.livemode ? 'test' : 'live'} mode came to the other one.`)
  // Events of accounts connected to ours name theirs; we have none.
  if (text(field(event, 'account')) !== null) throw new ForgedEvent('An event of another account.')
  return {
    id,
    type,
    // A balance has no id of its own.
    objectId: objectId ?? '',
    livemode: settings.livemode,
    apiVersion: text(field(event, 'api_version')),
    occurredAtMs: created * 1000,
  }
}
