import { SOUND_TYPES } from '@atpar/core/speech'
import type { ReportedUsage, UsageUnits } from '@atpar/core/usage'
import type { UpstreamProblem } from '@atpar/dialects/contract'
import type { Answer } from '../call/call-context.ts'
import { createStreamFramer } from '../http/stream-framer.ts'

type MediaStream = Extract<Answer, { kind: 'media-stream' }>

/** Turns what the provider sends into what the caller reads, and hears its account of it in passing. */
export interface MediaWriter {
  readonly contentType: string
  /** Bytes to send now; null for nothing. */
  write(bytes: Buffer): Buffer | string | null
  /** What follows once the call is settled. */
  end(): Buffer | string | null
  usage(): ReportedUsage | null
  /** The answer came to its end by its own words: its last event, or for a sound that of the connection. */
  isComplete(): boolean
  problem(): UpstreamProblem | null
  deliveredText(): string
}

export const createMediaWriter = (answer: MediaStream): MediaWriter => {
  const { upstream, call } = answer.prepared
  const { request } = call
  const wantsSound = request.task === 'speech' && !request.asEvents
  if (upstream.answer === 'sound') return wantsSound ? passSound(answer) : wrapSound(answer)
  return readEvents(answer, wantsSound)
}

const EVENTS = 'text/event-stream; charset=utf-8'

const soundTypeOf = ({ prepared: { call } }: MediaStream): string =>
  call.request.task === 'speech' ? SOUND_TYPES[call.request.format] : 'application/octet-stream'

const counted = ({ prepared: { format, call, to } }: MediaStream): ReportedUsage | null => {
  const units = format.countUnits(call.request, to)
  return units === null ? null : { units, raw: null }
}

const SILENT = { problem: () => null, deliveredText: () => '', isComplete: () => true } as const

/** Byte for byte. */
const passSound = (answer: MediaStream): MediaWriter => ({
  ...SILENT,
  contentType: answer.contentType ?? soundTypeOf(answer),
  write: (bytes) => bytes,
  end: () => null,
  usage: () => counted(answer),
})

/** As OpenAI's events, for a caller who asked for those. */
const wrapSound = (answer: MediaStream): MediaWriter => ({
  ...SILENT,
  contentType: EVENTS,
  write: (bytes) => eventOf({ type: 'speech.audio.delta', audio: bytes.toString('base64') }),
  end: () => eventOf({ type: 'speech.audio.done' }),
  usage: () => counted(answer),
})

const eventOf = (body: object): string => `data: ${JSON.stringify(body)}\n\n`

/** Events as they came, or the sound out of them. The last one waits for the bill. */
const readEvents = (answer: MediaStream, wantsSound: boolean): MediaWriter => {
  const { format } = answer.prepared
  const framer = createStreamFramer('sse')
  let usage: ReportedUsage | null = null
  let complete = false
  let problem: UpstreamProblem | null = null
  let text = ''
  const heldBack: Buffer[] = []
  return {
    contentType: wantsSound ? soundTypeOf(answer) : EVENTS,
    write: (bytes) => {
      const out: Buffer[] = []
      for (const frame of framer.push(bytes)) {
        const event = framer.read(frame)
        const told = event === null ? null : format.readEvent(event)
        if (told?.usage != null) usage = addUsage(usage, told.usage)
        problem ??= told?.problem ?? null
        text += told?.text ?? ''
        complete ||= told?.isLast === true
        if (wantsSound) {
          if (told?.sound != null) out.push(Buffer.from(told.sound, 'base64'))
        } else if (complete) heldBack.push(frame)
        else out.push(frame)
      }
      return out.length === 0 ? null : Buffer.concat(out)
    },
    end: () => (heldBack.length === 0 ? null : Buffer.concat(heldBack)),
    usage: () => usage ?? counted(answer),
    isComplete: () => complete,
    problem: () => problem,
    deliveredText: () => text,
  }
}

/** Of several pictures each comes with its own account. */
const addUsage = (known: ReportedUsage | null, more: ReportedUsage): ReportedUsage => {
  if (known === null) return more
  const units: Record<string, number> = { ...known.units }
  for (const [bucket, count] of Object.entries(more.units)) units[bucket] = (units[bucket] ?? 0) + count
  return { units: units as UsageUnits, raw: [known.raw, more.raw] }
}
