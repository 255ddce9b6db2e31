/** A network: the first `length` of its address's bits are fixed. Version 4 and 6 never contain one another. */
export interface Cidr {
  readonly version: 4 | 6
  readonly bits: bigint
  readonly length: number
}

const WIDTH = { 4: 32, 6: 128 } as const

/** `10.0.0.0/8`, `2001:db8::/32`, or one address without a length. Null when the text is none, or has bits set behind its length. */
export const parseCidr = (text: string): Cidr | null => {
  const [address = '', lengthText, ...rest] = text.split('/')
  if (rest.length > 0) return null
  const version = address.includes(':') ? 6 : 4
  const bits = version === 6 ? parseVersion6(address) : parseVersion4(address)
  if (bits === null) return null
  if (lengthText === undefined) return { version, bits, length: WIDTH[version] }
  if (!/^(0|[1-9]\d{0,2})$/.test(lengthText)) return null
  const length = Number(lengthText)
  if (length > WIDTH[version]) return null
  // 10.1.2.3/8 was mistyped in one half or the other, and which one decides how far the door is open.
  if (bits !== networkOf(bits, version, length)) return null
  return { version, bits, length }
}

/** Whether every address of `inner` is one of `outer`. */
export const containsCidr = (outer: Cidr, inner: Cidr): boolean =>
  outer.version === inner.version &&
  outer.length <= inner.length &&
  networkOf(inner.bits, inner.version, outer.length) === outer.bits

const networkOf = (bits: bigint, version: 4 | 6, length: number): bigint => {
  const free = BigInt(WIDTH[version] - length)
  return (bits >> free) << free
}

const parseVersion4 = (text: string): bigint | null => {
  const parts = text.split('.')
  // Octets with leading zeros are octal to some readers.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

const GROUPS = 8

const parseVersion6 = (text: string): bigint | null => {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [before, after] = halves.map(readGroups)
  if (before === undefined || before === null || after === null) return null
  const missing = GROUPS - before.length - (after?.length ?? 0)
  if (after === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...before, ...Array.from({ length: missing }, () => 0), ...(after ?? [])]
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n)
}

const readGroups = (text: string): readonly number[] | null => {
  if (text === '') return []
  const parts = text.split(':')
  return parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part)) ? parts.map((part) => Number.parseInt(part, 16)) : null
}
