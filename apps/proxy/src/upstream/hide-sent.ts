import { headOfPieces, isInPieces, type SentBody } from './body-pieces.ts'

/** What a call showed the provider, as far as a refusal may repeat it. */
export interface Sent {
  /** The credential is in one of them. */
  readonly headers: Readonly<Record<string, string>>
  /** Null where the caller's words were not in it. */
  readonly body: SentBody | null
}

const PLAIN_HEADERS = new Set(['content-type', 'accept', 'accept-encoding', 'x-client-request-id'])
/** Shorter values open nothing, and would take words out of sentences. */
const SHORTEST_SECRET = 8

/** The text of a refusal without any value of the headers it answers: a credential is known here, whatever it looks like. */
export const hideCredential = (text: string, headers: Sent['headers']): string =>
  Object.entries(headers).reduce((hidden, [name, value]) => {
    const secret = value.replace(/^(?:Bearer|Basic) /i, '')
    return PLAIN_HEADERS.has(name) || secret.length < SHORTEST_SECRET ? hidden : hidden.replaceAll(secret, '[redacted]')
  }, text)

/** A quote of the caller's words is found from this length on … */
const SURE_QUOTE = 40
const STRIDE = 8
/** … in this much of the body. */
const MOST_COMPARED = 256 * 1024

/**
 * A provider's sentence without what it quotes of the body: errors are kept and shown where prompts are not. Names and values of parameters are
 * shorter than a quote and stay. Costs some sixty searches, and only where a provider refuses.
 */
export const hideQuotes = (message: string, body: Sent['body']): string => {
  if (body === null || message.length < SURE_QUOTE) return message
  const said = beginningOf(body)
  let hidden = ''
  let kept = 0
  for (let at = 0; at + SURE_QUOTE - STRIDE <= message.length;) {
    const found = said.indexOf(message.slice(at, at + SURE_QUOTE - STRIDE))
    if (found === -1) {
      at += STRIDE
      continue
    }
    let start = at
    while (start > kept && message[start - 1] === said[found + start - 1 - at]) start -= 1
    let end = at + SURE_QUOTE - STRIDE
    while (end < message.length && message[end] === said[found + end - at]) end += 1
    hidden += `${message.slice(kept, start)}[your words]`
    kept = end
    at = end
  }
  return hidden + message.slice(kept)
}

const beginningOf = (body: SentBody): string => {
  if (typeof body === 'string') return body.slice(0, MOST_COMPARED)
  const bytes = isInPieces(body) ? headOfPieces(body, MOST_COMPARED) : body
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, MOST_COMPARED)).toString('utf8')
}
