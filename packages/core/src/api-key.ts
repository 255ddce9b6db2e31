/**
 * The text of a key: `atpar_live_<12 public>_<43 secret><6 checksum>`, all in base62. The public part names the key in lists and logs;
 * the checksum lets a mistyped key be refused without a lookup and a leaked one be found by scanners without false alarms.
 */

/** `live` and `test` call models; `manage` keys manage an organization and call none. */
export type ApiKeyMode = 'live' | 'test' | 'manage'

export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
export const PUBLIC_LENGTH = 12
/** 43 base62 characters carry 256.03 bits. */
export const SECRET_LENGTH = 43
/** 62^6 > 2^32: six hold any CRC-32. */
const CHECKSUM_LENGTH = 6

const API_KEY = new RegExp(
  `^(atpar_(live|test|manage)_[0-9A-Za-z]{${PUBLIC_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
)

/** Reversed polynomial of CRC-32 as in zip and Ethernet. */
const CRC_POLYNOMIAL = 0xed_b8_83_20
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit += 1)
    remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ CRC_POLYNOMIAL : remainder >>> 1
  return remainder >>> 0
})

const crc32OfAscii = (text: string): number => {
  let remainder = 0xff_ff_ff_ff
  for (let index = 0; index < text.length; index += 1) {
    remainder = (remainder >>> 8) ^ (CRC_TABLE[(remainder ^ text.charCodeAt(index)) & 0xff] ?? 0)
  }
  return (remainder ^ 0xff_ff_ff_ff) >>> 0
}

const toBase62 = (value: number, length: number): string => {
  let rest = value
  let text = ''
  for (let digit = 0; digit < length; digit += 1) {
    text = BASE62.charAt(rest % BASE62.length) + text
    rest = Math.floor(rest / BASE62.length)
  }
  return text
}

export interface ApiKeyParts {
  readonly mode: ApiKeyMode
  /** `PUBLIC_LENGTH` base62 characters. */
  readonly publicPart: string
  /** `SECRET_LENGTH` base62 characters, from a cryptographic source. */
  readonly secret: string
}

/** Writes the key with its checksum. */
export const formatApiKey = (parts: ApiKeyParts): string => {
  const body = `atpar_${parts.mode}_${parts.publicPart}_${parts.secret}`
  return body + toBase62(crc32OfAscii(body), CHECKSUM_LENGTH)
}

export interface ParsedApiKey {
  readonly mode: ApiKeyMode
  /** Safe to show and to log: `atpar_<mode>_` and the public part. */
  readonly prefix: string
  readonly lastFour: string
  /** False: mistyped or cut. Such a key cannot exist, so nothing needs to be looked up. */
  readonly isChecksumValid: boolean
}

/** Null when the text does not look like a key of ours at all. */
export const parseApiKey = (text: string): ParsedApiKey | null => {
  const match = API_KEY.exec(text)
  if (match === null) return null
  const checksum = match[4] ?? ''
  return {
    mode: match[2] === 'test' || match[2] === 'manage' ? match[2] : 'live',
    prefix: match[1] ?? '',
    lastFour: text.slice(-4),
    isChecksumValid: toBase62(crc32OfAscii(text.slice(0, -CHECKSUM_LENGTH)), CHECKSUM_LENGTH) === checksum,
  }
}
