const HEXTETS_OF_A_NETWORK = 4
const HEXTETS = 8

const expand = (ip: string): readonly string[] => {
  const [head = '', tail] = ip.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : Math.max(HEXTETS - left.length - right.length, 0)
  return [...left, ...Array.from({ length: gap }, () => '0'), ...right]
}

/**
 * What is throttled as one place: an IPv4 address, or the /64 of an IPv6 one, since any household may use 2⁶⁴ of those. Takes whatever a header
 * says; what is no address is a place of its own.
 */
export const networkOf = (ip: string | null): string => {
  if (ip === null || ip === '') return 'unknown'
  const plain = ip.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
  if (!plain.includes(':')) return plain
  const hextets = expand(plain.replace(/%.*$/, '')).map((hextet) => hextet.replace(/^0+(?=.)/, ''))
  return `${hextets.slice(0, HEXTETS_OF_A_NETWORK).join(':')}::/64`
}
