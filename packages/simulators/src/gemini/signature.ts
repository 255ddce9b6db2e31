// Gemini refuses thought signatures it did not make; ours are base64 and begin with this mark.
const MARK = 'Cu8BAdHtim9'

/** The signature of a part that came from thinking. */
export function signThought(requestId: string): string {
  return `${MARK}${Buffer.from(requestId).toString('base64')}`
}

export function isOwnThoughtSignature(signature: string): boolean {
  return signature.startsWith(MARK)
}
