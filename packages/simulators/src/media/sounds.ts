import { createRandom, hashText } from '../generate/random.ts'

const BYTES_PER_SECOND = 16_000
/** A talker's pace. */
const CHARACTERS_PER_SECOND = 15

/** Noise as WAV (8 kHz, 16 bit, one channel) that lasts as long as it would take to say the text. */
export function speak(text: string): Buffer {
  const samples = Math.max(1, Math.ceil((text.length / CHARACTERS_PER_SECOND) * BYTES_PER_SECOND))
  const size = samples + (samples % 2)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + size, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(BYTES_PER_SECOND / 2, 24)
  head.writeUInt32LE(BYTES_PER_SECOND, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(size, 40)
  const random = createRandom(hashText(text, 0x811c9dc5))
  return Buffer.concat([head, Uint8Array.from({ length: size }, () => random(256))])
}

/** How long a sound lasts: WAV by its own words, anything else at 16 kB a second. */
export function measureSeconds(sound: Buffer): number {
  if (sound.subarray(0, 4).toString('latin1') !== 'RIFF' || sound.length < 44) return sound.length / BYTES_PER_SECOND
  return (sound.length - 44) / Math.max(1, sound.readUInt32LE(28))
}

export function cutIntoPieces(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}
