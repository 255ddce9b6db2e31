import { EventEmitter } from 'node:events'
import { AppError } from '@atpar/core/errors'
import type { WebSocket } from 'ws'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { runSession, type Session, type SessionDeps } from './session.ts'
import type { Turn, TurnEnd } from './turn.ts'

/** One end of a connection, as far as a conversation uses it. */
const createSocket = () => {
  const events = new EventEmitter()
  const sent: Record<string, unknown>[] = []
  const socket = Object.assign(events, {
    OPEN: 1,
    readyState: 1,
    isPaused: false,
    bufferedAmount: 0,
    sent,
    closedWith: null as number | null,
    /** Gone without a word. */
    isDead: false,
    send: (text: string) => {
      sent.push(JSON.parse(text) as Record<string, unknown>)
    },
    ping: () => {
      if (!socket.isDead) events.emit('pong')
    },
    resume: () => {
      socket.isPaused = false
    },
    close: (code?: number) => {
      if (socket.readyState !== 1) return
      socket.readyState = 3
      socket.closedWith = code ?? 1005
      events.emit('close')
    },
    terminate: () => socket.close(1006),
    says: async (message: object) => {
      events.emit('message', Buffer.from(JSON.stringify(message)), false)
      await vi.advanceTimersByTimeAsync(0)
    },
    types: () => sent.map(({ type }) => type),
  })
  return socket
}

const USAGE = { input_tokens: 10, output_tokens: 5, total_tokens: 15 }
const DONE = { type: 'response.done', response: { id: 'r1', usage: USAGE } }
const CREATED = { type: 'response.created', response: { id: 'r1' } }
const CREATE = { type: 'response.create' }

interface Noted {
  readonly what: string
  begun: boolean
  readonly ends: TurnEnd[]
}

let turns: Noted[]
let caller: ReturnType<typeof createSocket>
let upstream: ReturnType<typeof createSocket>
let session: Session
let onEnd: () => void
let checkKey: () => unknown
let openAnswer: SessionDeps['openAnswer']

const openTurn = (what: string, upstreamModel = what): Turn => {
  const noted: Noted = { what, begun: false, ends: [] }
  turns.push(noted)
  return {
    offering: { upstreamModel } as Turn['offering'],
    begin: async () => {
      noted.begun = true
    },
    end: async (how) => {
      noted.ends.push(how)
    },
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  turns = []
  caller = createSocket()
  upstream = createSocket()
  onEnd = vi.fn()
  checkKey = () => null
  openAnswer = async () => openTurn('answer')
  session = runSession(
    {
      openAnswer: (tokens) => openAnswer(tokens),
      openTranscript: async (model) => {
        if (model === 'dear') throw new AppError('model_not_allowed')
        return openTurn(`transcript by ${model}`, model.replace('openai/', ''))
      },
      checkKey: () => checkKey(),
      log: { error: vi.fn() },
    },
    {
      caller: caller as unknown as WebSocket,
      upstream: upstream as unknown as WebSocket,
      providerId: 'openai',
      first: openTurn('first'),
      onEnd,
    },
  )
})
afterEach(() => {
  expect(turns.flatMap(({ ends }) => (ends.length > 1 ? ends : []))).toEqual([])
  vi.useRealTimers()
})

const outcomes = (): readonly (string | undefined)[] =>
  turns.filter(({ begun }) => begun).map(({ ends }) => ends[0]?.outcome)
const lastError = (): unknown => caller.sent.findLast(({ type }) => type === 'error')?.['error']

const answerOne = async (): Promise<void> => {
  await caller.says(CREATE)
  await upstream.says(CREATED)
  await upstream.says(DONE)
}

it('each answer is settled by its own account before the caller hears that it is done', async () => {
  await answerOne()
  await answerOne()
  expect(outcomes()).toEqual(['ok', 'ok'])
  expect(turns[0]?.ends[0]?.usage?.units).toMatchObject({ input_uncached: 10, output_text: 5 })
  expect(caller.types()).toEqual(['response.created', 'response.done', 'response.created', 'response.done'])
})

it('nothing that may cost goes to the provider while there is no money for it', async () => {
  const { promise, resolve } = Promise.withResolvers<Turn>()
  openAnswer = () => promise
  await answerOne()
  await caller.says(CREATE)
  expect(upstream.types()).toEqual(['response.create'])
  resolve(openTurn('answer'))
  await vi.advanceTimersByTimeAsync(0)
  expect(upstream.types()).toEqual(['response.create', 'response.create'])
})

it('a budget that leaves no room for another answer ends it with a typed event', async () => {
  openAnswer = () => Promise.reject(new AppError('budget_exceeded'))
  await answerOne()
  expect(lastError()).toMatchObject({ code: 'budget_exceeded', type: 'insufficient_quota' })
  expect([caller.closedWith, upstream.closedWith]).toEqual([1008, 1000])
  expect(outcomes()).toEqual(['ok'])
  expect(onEnd).toHaveBeenCalledTimes(1)
})

it('a revoked key ends it within seconds, the answer under way being billed by the provider’s account of it', async () => {
  await caller.says(CREATE)
  await upstream.says(CREATED)
  checkKey = () => {
    throw new AppError('key_disabled')
  }
  await vi.advanceTimersByTimeAsync(2_000)
  expect(lastError()).toMatchObject({ code: 'key_disabled' })
  expect(caller.closedWith).toBe(1008)
  expect(upstream.types().at(-1)).toBe('response.cancel')
  await upstream.says(DONE)
  expect(turns[0]?.ends).toEqual([{ outcome: 'client_abort', usage: expect.objectContaining({ raw: USAGE }) }])
  expect(upstream.closedWith).toBe(1000)
})

it('not knowing for a moment whether a key is good is no revocation', async () => {
  checkKey = () => {
    throw new AppError('quota_unavailable')
  }
  await vi.advanceTimersByTimeAsync(10_000)
  expect(caller.closedWith).toBeNull()
})

it('a caller who leaves in the middle of an answer has it cancelled, and pays what the provider says was made', async () => {
  await caller.says(CREATE)
  await upstream.says(CREATED)
  caller.close(1001)
  expect(upstream.types()).toEqual(['response.create', 'response.cancel'])
  await upstream.says({ ...DONE, response: { ...DONE.response, status: 'cancelled' } })
  expect(outcomes()).toEqual(['client_abort'])
  expect(turns[0]?.ends[0]?.usage).not.toBeNull()
  expect(onEnd).toHaveBeenCalledTimes(1)
})

it('an account that never comes is waited for ten seconds', async () => {
  await caller.says(CREATE)
  await upstream.says(CREATED)
  caller.close(1001)
  await vi.advanceTimersByTimeAsync(9_000)
  expect(onEnd).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(turns[0]?.ends).toEqual([{ outcome: 'client_abort', usage: null }])
  expect(upstream.closedWith).toBe(1000)
})

it('a provider that breaks off is told as such', async () => {
  await caller.says(CREATE)
  await upstream.says(CREATED)
  upstream.terminate()
  await vi.advanceTimersByTimeAsync(0)
  expect(lastError()).toMatchObject({ code: 'stream_interrupted', type: 'server_error' })
  expect(outcomes()).toEqual(['upstream_error'])
  expect(caller.closedWith).toBe(1011)
})

it('a restart lets the answer under way come to its end, refuses another, and says why it closes', async () => {
  await caller.says(CREATE)
  session.drain()
  await upstream.says(CREATED)
  await caller.says(CREATE)
  expect(upstream.types()).toEqual(['response.create'])
  expect(caller.closedWith).toBeNull()
  await upstream.says(DONE)
  expect(caller.types().slice(-2)).toEqual(['response.done', 'error'])
  expect(lastError()).toMatchObject({ code: 'shutting_down' })
  expect(caller.closedWith).toBe(1012)
  expect(outcomes()).toEqual(['ok'])
})

it('a restart that cannot wait longer settles what is open', async () => {
  await caller.says(CREATE)
  await upstream.says(CREATED)
  session.drain()
  await session.stop()
  expect(outcomes()).toEqual(['client_abort'])
  expect([caller.closedWith, upstream.closedWith]).toEqual([1012, 1000])
})

const MINUTE = 60_000

it('silence of both sides for ten minutes ends it; sound, even of silence, does not', async () => {
  for (let minute = 0; minute < 20; minute += 1) {
    await caller.says({ type: 'input_audio_buffer.append', audio: '' })
    await vi.advanceTimersByTimeAsync(MINUTE)
  }
  await vi.advanceTimersByTimeAsync(8 * MINUTE)
  expect(caller.closedWith).toBeNull()
  await vi.advanceTimersByTimeAsync(MINUTE)
  expect(lastError()).toMatchObject({ code: 'request_timeout' })
  expect(caller.closedWith).toBe(1000)
})

it('money that waited long for an answer is put aside anew, before it would go back by itself', async () => {
  for (let minute = 0; minute < 11; minute += 1) {
    await vi.advanceTimersByTimeAsync(MINUTE)
    await upstream.says({ type: 'rate_limits.updated' })
  }
  expect(turns.map(({ what, ends }) => [what, ends.length])).toEqual([
    ['first', 1],
    ['answer', 0],
  ])
})

it.each([
  ['caller', 'client_abort'],
  ['provider', 'upstream_error'],
] as const)('a %s that is gone without a word is found out', async (who, outcome) => {
  await caller.says(CREATE)
  const gone = who === 'caller' ? caller : upstream
  gone.isDead = true
  await vi.advanceTimersByTimeAsync(2 * MINUTE)
  expect(gone.closedWith).toBe(1006)
  expect(outcomes()).toEqual([outcome])
  expect(onEnd).toHaveBeenCalledTimes(1)
})

it('bytes are refused: events are text', async () => {
  caller.emit('message', Buffer.from([1, 2, 3]), true)
  await vi.advanceTimersByTimeAsync(0)
  expect(lastError()).toMatchObject({ code: 'invalid_request' })
  expect(caller.closedWith).toBe(1003)
})

const transcribeBy = (model: string | null) => ({
  type: 'session.update',
  event_id: 'e1',
  session: { type: 'realtime', audio: { input: { transcription: model === null ? null : { model } } } },
})
const HEARD = { type: 'conversation.item.input_audio_transcription.completed', usage: { type: 'duration', seconds: 3 } }

it('what is said is written down by a model of its own, with a bill of its own', async () => {
  await caller.says(transcribeBy('openai/whisper-1'))
  expect(upstream.sent[0]).toMatchObject({ session: { audio: { input: { transcription: { model: 'whisper-1' } } } } })
  await caller.says({ type: 'input_audio_buffer.append', audio: 'AAAA' })
  await upstream.says(HEARD)
  const [, first, second] = turns
  expect(first).toMatchObject({ what: 'transcript by openai/whisper-1', begun: true, ends: [{ outcome: 'ok' }] })
  expect(first?.ends[0]?.usage?.units).toEqual({ seconds: 3 })
  expect(second).toMatchObject({ what: 'transcript by openai/whisper-1', begun: false, ends: [] })
  expect(caller.types()).toEqual([HEARD.type])
  // What was said before they were switched off is still written, and still billed.
  await caller.says(transcribeBy(null))
  await upstream.says(HEARD)
  expect(second).toMatchObject({ begun: true, ends: [{ outcome: 'ok' }] })
})

it('a writer that this key may not use is refused by name, and the conversation goes on', async () => {
  await caller.says(transcribeBy('dear'))
  expect(lastError()).toMatchObject({ code: 'model_not_allowed', event_id: 'e1' })
  expect(upstream.sent).toEqual([])
  await answerOne()
  expect(outcomes()).toEqual(['ok'])
})

it('sessions that are nothing but transcripts are refused', async () => {
  await caller.says({ type: 'session.update', session: { type: 'transcription' } })
  expect(lastError()).toMatchObject({ code: 'unsupported_parameter', param: 'session.type' })
  expect(upstream.sent).toEqual([])
})
