/** Dollars as typed, in whole cents; null for what is no such amount. */
export const parseCents = (typed: FormDataEntryValue | null): bigint | null => {
  if (typeof typed !== 'string') return null
  const match = /^\$?\s*(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(typed.trim())
  if (match === null) return null
  return BigInt(match[1] ?? '0') * 100n + BigInt((match[2] ?? '').padEnd(2, '0'))
}
