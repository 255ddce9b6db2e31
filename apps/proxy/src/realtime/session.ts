import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject } from '@atpar/core/json'
import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import { readRealtimeUsage } from '@atpar/dialects/realtime-usage'
import type { RawData, WebSocket } from 'ws'
import { identify } from '../call/authenticate.ts'
import type { Deps } from '../deps.ts'
import { passOn } from './relay-sockets.ts'
import { openTurn, type Turn, type TurnRequest } from './turn.ts'

/** A conversation in sound under way. */
export interface Session {
  /** Ends it once the answer under way is complete. */
  drain(): void
}

interface SessionInput {
  readonly caller: WebSocket
  readonly upstream: WebSocket
  readonly request: TurnRequest
  /** Money for the first answer. */
  readonly turn: Turn
  readonly onEnd: () => void
}

const REVOCATION_CHECK_MS = 2_000
/** OpenAI's own bound. */
const LONGEST_MS = 60 * 60_000
/** What may cost the provider's work, and so has to be in the journal first. */
const COSTS: ReadonlySet<string> = new Set([
  'response.create',
  'input_audio_buffer.append',
  'input_audio_buffer.commit',
  'conversation.item.create',
])

/**
 * Both ways, message by message. There is always money put aside for the next answer: when one is done it is settled, told to the caller, and the next
 * is asked for; refused, the conversation ends with an error event. Its last word is a closed connection either way.
 */
export const runSession = (deps: Deps, { caller, upstream, request, turn: first, onEnd }: SessionInput): Session => {
  let turn: Turn | null = first
  let contextTokens = request.contextTokens
  let isDraining = false
  let isAnswering = false
  let ended = false
  /** Messages of one side keep their order while one of them waits for the journal or for money. */
  let toUpstream = Promise.resolve()
  let toCaller = Promise.resolve()

  const end = (code: number, reason: string): void => {
    if (ended) return
    ended = true
    clearInterval(watch)
    clearTimeout(longest)
    caller.close(code, reason)
    upstream.close(1000)
    const last = turn
    turn = null
    void (last?.end({ outcome: 'client_abort', usage: null }) ?? Promise.resolve())
      .catch((error: unknown) => deps.log.error('realtime-unsettled', { error: String(error) }))
      .finally(onEnd)
  }

  const fail = (error: unknown): void => {
    const appError = error instanceof AppError ? error : new AppError('internal_error', { cause: error })
    if (appError.code === 'internal_error') deps.log.error('realtime-failed', { error: String(error) })
    if (!ended) caller.send(JSON.stringify(errorEvent(appError)))
    end(CLOSE_CODES[appError.code] ?? 1011, appError.code)
  }

  const nextTurn = async (): Promise<void> => {
    turn = await openTurn(deps, { ...request, contextTokens, offeringId: first.offering.id })
    // The caller may have left meanwhile.
    if (ended) await turn.end({ outcome: 'client_abort', usage: null })
  }

  const finishAnswer = async (text: string, message: JsonObject): Promise<void> => {
    const usage = readRealtimeUsage(isJsonObject(message.response) ? message.response.usage : null)
    if (usage !== null) contextTokens = countInputTokens(usage.units) + countOutputTokens(usage.units)
    const done = turn
    turn = null
    isAnswering = false
    await done?.begin()
    await done?.end({ outcome: 'ok', usage })
    passOn(text, { from: upstream, to: caller })
    if (isDraining) end(1012, 'shutting_down')
    else if (!ended) await nextTurn()
  }

  const fromUpstream = async (text: string): Promise<void> => {
    if (ended) return
    const message = parseMessage(text)
    if (message?.type === 'response.done') {
      await finishAnswer(text, message)
      return
    }
    if (message?.type === 'response.created') isAnswering = true
    passOn(text, { from: upstream, to: caller })
  }

  const fromCaller = async (text: string): Promise<void> => {
    if (ended) return
    const message = parseMessage(text)
    const refusal = message === null ? NOT_JSON : refuseUnmetered(message)
    if (message === null || refusal !== null) {
      caller.send(JSON.stringify(errorEvent(refusal ?? NOT_JSON, message?.event_id)))
      return
    }
    if (typeof message.type === 'string' && COSTS.has(message.type)) await turn?.begin()
    passOn(text, { from: caller, to: upstream })
  }

  caller.on('message', (data, isBinary) => {
    if (isBinary) fail(new AppError('invalid_request', { message: 'Send events as JSON text, not as bytes.' }))
    else toUpstream = toUpstream.then(() => fromCaller(textOf(data))).catch(fail)
  })
  upstream.on('message', (data) => {
    toCaller = toCaller.then(() => fromUpstream(textOf(data))).catch(fail)
  })
  caller.on('close', () => end(1000, ''))
  upstream.on('close', () => {
    toCaller = toCaller.then(() => end(1011, 'the provider closed the connection'))
  })
  caller.on('error', () => end(1011, ''))
  upstream.on('error', () => {
    toCaller = toCaller.then(() =>
      fail(new AppError('stream_interrupted', { metadata: { provider: first.offering.providerId } })),
    )
  })
  const watch = setInterval(() => {
    Promise.resolve()
      .then(() => identify(deps, request))
      .catch((error: unknown) => {
        // Not knowing for a moment is no revocation.
        if (error instanceof AppError && error.code !== 'quota_unavailable') fail(error)
      })
  }, REVOCATION_CHECK_MS)
  const longest = setTimeout(() => end(1000, 'an hour is the longest'), LONGEST_MS)
  return {
    drain: () => {
      isDraining = true
      if (!isAnswering) end(1012, 'shutting_down')
    },
  }
}

const CLOSE_CODES: Partial<Record<AppError['code'], number>> = {
  budget_exceeded: 1008,
  key_disabled: 1008,
  guardrail_blocked: 1008,
  unknown_key: 1008,
  billing_suspended: 1008,
  rate_limited: 1008,
  invalid_request: 1003,
  overloaded: 1013,
}

const NOT_JSON = new AppError('invalid_json', { message: 'Each message must be one JSON object.' })

/** A recording written down on the side is billed to a model of its own, of which nothing here would know. */
const refuseUnmetered = ({ type, session }: JsonObject): AppError | null => {
  if (type !== 'session.update' || !isJsonObject(session)) return null
  const audio = isJsonObject(session.audio) && isJsonObject(session.audio.input) ? session.audio.input : null
  const wanted = session.input_audio_transcription ?? audio?.transcription
  if ((wanted === undefined || wanted === null) && session.type !== 'transcription') return null
  return new AppError('unsupported_parameter', {
    param: 'session.audio.input.transcription',
    message: 'Transcripts of what the caller says are not offered here. Call POST /v1/audio/transcriptions for them.',
  })
}

const errorEvent = (error: AppError, eventId: unknown = null) => ({
  type: 'error',
  error: {
    type: error.code === 'budget_exceeded' ? 'insufficient_quota' : 'invalid_request_error',
    code: error.code,
    message: error.message,
    param: error.param,
    event_id: typeof eventId === 'string' ? eventId : null,
  },
})

const parseMessage = (text: string): JsonObject | null => {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)).toString('utf8')
