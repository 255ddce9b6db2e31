// Anthropic signs its thinking and refuses thinking it did not sign; a mark at the front is our signature.
const MARK = 'EqQBCkYIBRgCKkAtpar'

/** The signature of a thinking block. */
export function signThinking(requestId: string): string {
  return `${MARK}${Buffer.from(requestId).toString('base64')}`
}

export function isOwnSignature(signature: string): boolean {
  return signature.startsWith(MARK)
}
