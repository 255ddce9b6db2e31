export const SOUND_FORMATS = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const
export type SoundFormat = (typeof SOUND_FORMATS)[number]

/** A text to be spoken. Its answer is a sound, or events with pieces of one. */
export interface SpeechRequest {
  readonly task: 'speech'
  readonly model: string
  readonly text: string
  readonly voice: string
  /** How to say it, in words. */
  readonly instructions: string | null
  readonly format: SoundFormat
  /** 1 = as the voice speaks by itself. */
  readonly speed: number | null
  readonly asEvents: boolean
  readonly unmapped: readonly string[]
}

export const SOUND_TYPES: Readonly<Record<SoundFormat, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
}

/** Characters as people and price lists count them: code points, not UTF-16 units. */
export const countCharacters = (text: string): number => {
  let count = 0
  for (const character of text) if (character !== '') count += 1
  return count
}
