import type { Refusal } from '../refusal.ts'

/** An error body, and an error line in a stream: `{"error":"…"}`. */
export function writeOllamaError(refusal: Refusal): string {
  return JSON.stringify({ error: refusal.message })
}

export function writeOllamaStreamError(refusal: Refusal): string {
  return `${writeOllamaError(refusal)}\n`
}
