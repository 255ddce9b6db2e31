import { createRandom, hashText } from '../generate/random.ts'

const PNG_HEAD = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')

/** Some bytes that begin like a PNG; the same words give the same ones. */
export function paint(words: string, index: number): string {
  const random = createRandom(hashText(`${index} ${words}`, 0x811c9dc5))
  return Buffer.concat([PNG_HEAD, Uint8Array.from({ length: 900 }, () => random(256))]).toString('base64')
}
