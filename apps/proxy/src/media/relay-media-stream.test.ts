import { expect, it } from 'vitest'
import type { ReportedUsage } from '@atpar/core/usage'
import type { MediaEvent } from '@atpar/dialects/media-contract'
import type { Admission, Answer, Outcome } from '../call/call-context.ts'
import type { Deps } from '../deps.ts'
import type { BodySink } from '../upstream/http.ts'
import { relayMediaStream } from './relay-media-stream.ts'

const PIECE = Buffer.from('a second of sound')
const EVENT_USAGE: ReportedUsage = { units: { audio_out: 40 }, raw: null }

/** A sound on its way from a provider to a caller: sold by the character, or by the token and told in events. */
const playSound = (soldBy: 'character' | 'token') => {
  const said = { aborted: 0, paused: 0, resumed: 0, written: 0, ended: 0, broken: 0 }
  const outcomes: Extract<Outcome, { kind: 'served' }>[] = []
  let sink: BodySink | null = null
  let gone = false
  let isFull = false
  let leave = (): void => {}
  let drain = (): void => {}
  const reply = {
    isGone: () => gone,
    onGone: (listener: () => void) => {
      leave = listener
    },
    onDrain: (listener: () => void) => {
      drain = listener
    },
    startStream: () => {},
    write: (bytes: Uint8Array | string) => {
      said.written += bytes.length
      return !isFull
    },
    end: () => {
      said.ended += 1
    },
    abort: () => {
      said.broken += 1
    },
  }
  const events = soldBy === 'token'
  const answer = {
    kind: 'media-stream',
    prepared: {
      call: {
        reply,
        requestId: 'r',
        request: { task: 'speech', asEvents: events, format: 'mp3' },
      },
      upstream: { answer: events ? 'events' : 'sound' },
      to: { upstreamModel: 'm', sold: new Set() },
      format: {
        countUnits: () => (events ? null : { characters: 11 }),
        readEvent: ({ data }: { data: string }): Partial<MediaEvent> => ({
          sound: data,
          text: '',
          problem: null,
          isLast: data === 'last',
          usage: data === 'last' ? EVENT_USAGE : null,
        }),
      },
      variant: null,
    },
    attempt: { offering: { providerId: 'somebody' } },
    lost: [],
    first: [events ? Buffer.from('data: one\n\n') : PIECE],
    contentType: 'audio/mpeg',
    providerRequestId: null,
    firstByteAtMs: 0,
    forgetDeadline: () => {},
    body: {
      read: (given: BodySink) => {
        sink = given
      },
      detach: () => {},
      pause: () => {
        said.paused += 1
      },
      resume: () => {
        said.resumed += 1
      },
      abort: () => {
        said.aborted += 1
        sink?.onError(new Error('aborted by us'))
      },
    },
  } as unknown as Extract<Answer, { kind: 'media-stream' }>
  const done = relayMediaStream(
    { clock: { nowMs: () => 0 } } as unknown as Deps,
    {
      answer,
      admission: { worst: { inputTokens: 100, outputTokens: 100, units: { characters: 11 } } } as unknown as Admission,
      headers: {},
    },
    async (outcome) => {
      if (outcome.kind === 'served') outcomes.push(outcome)
      return { costUsd: '0' }
    },
  )
  return {
    said,
    outcomes,
    done,
    sends: (bytes: Buffer | string) => sink?.onData(Buffer.from(bytes)),
    ends: () => sink?.onEnd(),
    breaks: () => sink?.onError(new Error('reset')),
    leaves: () => {
      gone = true
      leave()
    },
    fills: () => {
      isFull = true
    },
    drains: () => {
      isFull = false
      drain()
    },
  }
}

it('a caller who leaves a sound sold by the character pays for it at once, and no more of it is fetched', async () => {
  const sound = playSound('character')
  sound.sends(PIECE)
  sound.leaves()
  await sound.done
  sound.sends(PIECE)
  expect(sound.said.aborted).toBe(1)
  expect(sound.outcomes).toMatchObject([
    { outcome: 'client_abort', usageIsFinal: true, usage: { units: { characters: 11 } } },
  ])
})

it('one sold by the token is read to its end, and billed by the provider’s own account', async () => {
  const sound = playSound('token')
  sound.leaves()
  expect(sound.outcomes).toEqual([])
  sound.sends('data: two\n\ndata: last\n\n')
  sound.ends()
  await sound.done
  expect(sound.said.aborted).toBe(0)
  expect(sound.outcomes).toMatchObject([{ outcome: 'client_abort', usage: EVENT_USAGE, usageIsFinal: true }])
})

it('a caller who reads slowly makes the provider wait', async () => {
  const sound = playSound('character')
  sound.fills()
  sound.sends(PIECE)
  expect(sound.said).toMatchObject({ paused: 1, written: 2 * PIECE.length })
  const before = sound.said.resumed
  sound.drains()
  expect(sound.said.resumed).toBe(before + 1)
  sound.ends()
  await sound.done
  expect(sound.outcomes).toMatchObject([{ outcome: 'ok' }])
})

it('a provider that breaks off is told by a connection that does, once', async () => {
  const sound = playSound('character')
  sound.breaks()
  sound.ends()
  await sound.done
  expect(sound.said).toMatchObject({ broken: 1, ended: 0 })
  expect(sound.outcomes).toMatchObject([{ outcome: 'upstream_error', hasContent: false }])
})
