import { Secret, TOTP } from 'otpauth'

const DIGITS = 6
const PERIOD_SECONDS = 30
const SECRET_BYTES = 20
/** One step either way, for clocks that are off and codes typed late. */
const WINDOW = 1

// The parameters every authenticator app understands; some apps ignore any others and show wrong codes.
const totpOf = (secret: Uint8Array): TOTP =>
  new TOTP({
    secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
    algorithm: 'SHA1',
    digits: DIGITS,
    period: PERIOD_SECONDS,
  })

export const generateTotpSecret = (): Uint8Array => new Uint8Array(new Secret({ size: SECRET_BYTES }).buffer)

/** For typing by hand where no camera is at hand. */
export const formatTotpSecret = (secret: Uint8Array): string =>
  new Secret({ buffer: Uint8Array.from(secret).buffer }).base32

/** What the QR code holds. https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
export const totpUri = (secret: Uint8Array, account: string, issuer: string): string => {
  const totp = totpOf(secret)
  totp.issuer = issuer
  totp.label = account
  return totp.toString()
}

/**
 * The time step a code belongs to (RFC 6238), null when it is not one of now or its neighbours. Whoever takes the code keeps the step and takes
 * none that is not later: a code read over a shoulder is worth nothing.
 */
export const findTotpStep = (secret: Uint8Array, code: string, nowMs: number): number | null => {
  const token = code.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return null
  const delta = totpOf(secret).validate({ token, timestamp: nowMs, window: WINDOW })
  return delta === null ? null : Math.floor(nowMs / 1_000 / PERIOD_SECONDS) + delta
}
