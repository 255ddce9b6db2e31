import { createHash, randomBytes } from 'node:crypto'

/** Crockford's: no letter that is mistaken for a digit. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const CODE_LENGTH = 16
const GROUP = /.{4}(?=.)/g
const CODES = 10

/** Ten of 80 random bits, like `7h3k-9mzp-2c4v-x8qd`. Shown once; only their hashes are stored. */
export const generateRecoveryCodes = (): readonly string[] =>
  Array.from({ length: CODES }, () =>
    // 256 is a multiple of 32: every character is equally likely.
    Array.from(randomBytes(CODE_LENGTH), (byte) => ALPHABET.charAt(byte % ALPHABET.length))
      .join('')
      .replaceAll(GROUP, '$&-'),
  )

/** SHA-256 of a code, however it was typed. Enough for 80 bits, which nobody guesses. */
export const hashRecoveryCode = (code: string): Uint8Array =>
  createHash('sha256')
    .update(
      code
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '')
        .replaceAll('o', '0')
        .replaceAll(/[il]/g, '1'),
    )
    .digest()
