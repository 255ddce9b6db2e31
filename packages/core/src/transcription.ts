import type { ReportedUsage } from './usage.ts'

export const TRANSCRIPT_FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'] as const
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number]

/** A sound to be written down, in its own language or in English. */
export interface TranscriptionRequest {
  readonly task: 'transcription'
  readonly purpose: 'transcribe' | 'translate'
  readonly model: string
  /** Its place among the request's files. */
  readonly file: number
  /** ISO 639-1; null = to be found out. */
  readonly language: string | null
  readonly prompt: string | null
  readonly temperature: number | null
  readonly format: TranscriptFormat
  readonly wordTimes: boolean
  readonly stream: boolean
  readonly unmapped: readonly string[]
}

export interface TranscriptSegment {
  readonly startSeconds: number
  readonly endSeconds: number
  readonly text: string
}

export interface TranscriptionAnswer {
  readonly task: 'transcription'
  readonly text: string
  readonly language: string | null
  readonly durationSeconds: number | null
  readonly segments: readonly TranscriptSegment[]
  readonly words: readonly TranscriptSegment[]
  readonly usage: ReportedUsage | null
}
