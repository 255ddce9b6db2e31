/** `Ada <ada@example.com>` as mail programs copy it. */
const BRACKETED = /<([^<>]+)>/g

/**
 * The addresses in pasted text: one a line, or between commas, semicolons or spaces, with names in front or not. What is no address stays as it
 * is, so that it can be named.
 */
export const parseAddresses = (text: string): readonly string[] => {
  const lines = text.split(/[\n,;]+/)
  const parts = lines.flatMap((line) => {
    const bracketed = [...line.matchAll(BRACKETED)].map((match) => match[1] ?? '')
    return bracketed.length > 0 ? bracketed : line.split(/\s+/)
  })
  return [...new Set(parts.map((part) => part.trim().toLowerCase()).filter((part) => part !== ''))]
}
