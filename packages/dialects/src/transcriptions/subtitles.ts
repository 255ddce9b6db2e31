import type { TranscriptSegment } from '@atpar/core/transcription'

/** SubRip, as Whisper writes it. */
export const writeSrt = (segments: readonly TranscriptSegment[]): string =>
  segments
    .map(
      ({ startSeconds, endSeconds, text }, index) =>
        `${index + 1}\n${timeOf(startSeconds, ',')} --> ${timeOf(endSeconds, ',')}\n${lineOf(text)}\n\n`,
    )
    .join('')

/** https://www.w3.org/TR/webvtt1/ */
export const writeVtt = (segments: readonly TranscriptSegment[]): string =>
  `WEBVTT\n\n${segments
    .map(
      ({ startSeconds, endSeconds, text }) =>
        `${timeOf(startSeconds, '.')} --> ${timeOf(endSeconds, '.')}\n${lineOf(text)}\n\n`,
    )
    .join('')}`

/** An arrow inside the words would read as a time, an empty line as the end of the cue. */
const lineOf = (text: string): string =>
  text
    .trim()
    .replaceAll('-->', '->')
    .replaceAll(/\n{2,}/g, '\n')

const timeOf = (seconds: number, separator: string): string => {
  const total = Math.max(0, Math.round(seconds * 1_000))
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const [hours, minutes] = [total / 3_600_000, (total % 3_600_000) / 60_000]
  return `${two(hours)}:${two(minutes)}:${two((total % 60_000) / 1_000)}${separator}${String(total % 1_000).padStart(3, '0')}`
}
