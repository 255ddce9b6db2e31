/** Random bytes and the clock are handed in: tier 0 has neither. */
export interface IdSource {
  readonly nowMs: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const hex = (bytes: Uint8Array, from: number, to: number): string => {
  let text = ''
  for (let index = from; index < to; index += 1) text += HEX[bytes[index] ?? 0]
  return text
}

/**
 * UUIDv7 (RFC 9562) of exactly `atMs`: the millisecond is the caller's, because `usage_event` is partitioned by it and `started_at` must agree.
 */
export const uuidV7At = (atMs: number, random: Uint8Array): string => {
  const time = atMs.toString(16).padStart(12, '0')
  const version = (0x70 | ((random[0] ?? 0) & 0x0f)).toString(16).padStart(2, '0')
  const variant = (0x80 | ((random[2] ?? 0) & 0x3f)).toString(16).padStart(2, '0')
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-${version}${hex(random, 1, 2)}-${variant}${hex(random, 3, 4)}-${hex(random, 4, 10)}`
}

export const newUuidV7 = (source: IdSource): string => uuidV7At(source.nowMs(), source.randomBytes(10))

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const isUuid = (text: string): boolean => UUID.test(text)
