import { randomUUID } from 'node:crypto'
import type { JsonValue } from '@atpar/core/json'
import { BEGINNING_BYTES, parseAround, type LongString, type Member } from './parse-leanly.ts'

/** A body on its way into another format, whose media stays where it is. */
export interface MediaAside {
  /** As `parseLeanly`, but of media there is only the beginning, and a mark. @throws SyntaxError */
  parse(body: Buffer): JsonValue
  /** Text that was made of it, with the media in its places: as views on the body. */
  restore(text: string): readonly Uint8Array[]
}

/**
 * A format that has another name for a picture writes the same base64 into another place, and reads nothing of it but how a `data:` URL begins.
 * So only what goes around it is made anew. Files of text are no media here: where a format has no place for files they become words.
 */
export const setMediaAside = (): MediaAside => {
  const mark = `media-${randomUUID()}-`
  const aside: Uint8Array[] = []
  return {
    parse: (body) =>
      parseAround(body, (long, member) => {
        if (!isMedia(body, long, member)) return body.toString('latin1', long.start, long.end)
        const known = long.start + BEGINNING_BYTES
        aside.push(body.subarray(known, long.end))
        return `${body.toString('latin1', long.start, known)}${mark}${aside.length - 1}-`
      }),
    restore: (text) => {
      const [first = '', ...others] = text.split(mark)
      const encoder = new TextEncoder()
      return [
        encoder.encode(first),
        ...others.flatMap((part) => {
          const end = part.indexOf('-')
          const media = aside[Number(part.slice(0, end))]
          if (media === undefined) throw new TypeError('a mark of no media')
          return [media, encoder.encode(part.slice(end + 1))]
        }),
      ]
    },
  }
}

const isMedia = (body: Buffer, { start, end }: LongString, member: Member | null): boolean => {
  const type = typeInUrl(body.toString('latin1', start, start + BEGINNING_BYTES)) ?? typeBeside(member)
  return type !== null && !IS_TEXT.test(type) && isBase64(body, start + BEGINNING_BYTES, end)
}

const typeInUrl = (beginning: string): string | null => /^data:([^;,]{0,100});base64,/.exec(beginning)?.[1] ?? null

/** As the formats of callers name it; of a sound it may be its format alone. */
const TYPE_MEMBERS = ['media_type', 'mimeType', 'mime_type', 'format']

const typeBeside = (member: Member | null): string | null => {
  if (member?.key !== 'data') return null
  const types = TYPE_MEMBERS.map((name) => member.holder[name]).filter((type) => typeof type === 'string')
  return types.find((type) => IS_TEXT.test(type)) ?? types[0] ?? null
}

const IS_TEXT = /^(?:text\/|application\/json)/

/** Of both alphabets. What else it may hold can mean something to somebody. */
const BASE64 = new Uint8Array(256)
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=')
  BASE64[letter.charCodeAt(0)] = 1

const isBase64 = (body: Buffer, start: number, end: number): boolean => {
  for (let position = start; position < end; position += 1) if (BASE64[body[position] ?? 0] !== 1) return false
  return true
}
