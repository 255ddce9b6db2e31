/** Random bytes and the clock are handed in: tier 0 has neither. */
export interface IdSource {
  readonly nowMs: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const hex = (byte: number | undefined): string => HEX[(byte ?? 0) & 0xff] ?? ''

/**
 * UUIDv7 (RFC 9562) of exactly `atMs`: the millisecond is the caller's, because `usage_event` is partitioned by it and `started_at` must agree.
 */
export const uuidV7At = (atMs: number, random: Uint8Array): string => {
  const high = Math.floor(atMs / 0x1_00_00_00)
  const low = atMs % 0x1_00_00_00
  return (
    `${hex(high >>> 16)}${hex(high >>> 8)}${hex(high)}${hex(low >>> 16)}-${hex(low >>> 8)}${hex(low)}` +
    `-${hex(0x70 | ((random[0] ?? 0) & 0x0f))}${hex(random[1])}-${hex(0x80 | ((random[2] ?? 0) & 0x3f))}${hex(random[3])}` +
    `-${hex(random[4])}${hex(random[5])}${hex(random[6])}${hex(random[7])}${hex(random[8])}${hex(random[9])}`
  )
}

export const newUuidV7 = (source: IdSource): string => uuidV7At(source.nowMs(), source.randomBytes(10))

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const isUuid = (text: string): boolean => UUID.test(text)

/** The instant a UUIDv7 was made, in milliseconds; null for any other UUID. */
export const msOfUuidV7 = (uuid: string): number | null =>
  isUuid(uuid) && uuid[14] === '7' ? Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16) : null
