import { AppError } from '@atpar/core/errors'
import { isJsonObject, parseJsonObject, type JsonObject } from '@atpar/core/json'
import { spliceJson } from '@atpar/core/json-splice'
import type { AttemptOutcome } from '@atpar/core/usage-event'
import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import { readRealtimeUsage, readTranscriptUsage } from '@atpar/dialects/realtime-usage'
import type { Logger } from '@atpar/observability/logger'
import type { WebSocket } from 'ws'
import { closeCodeOf, COSTS, errorEvent, HEARD, readTranscriptWish, textOf, type TranscriptWish } from './messages.ts'
import { watchPulse } from './pulse.ts'
import { putAside, type PutAside } from './put-aside.ts'
import { passOn } from './relay-sockets.ts'
import type { Turn } from './turn.ts'

/** A conversation in sound under way. */
export interface Session {
  /** Ends it once the answer under way is complete. */
  drain(): void
  /** Ends it now. Resolves when all of it is settled. */
  stop(): Promise<void>
}

/** What a conversation asks of the rest of the proxy. */
export interface SessionDeps {
  /** Money for one more answer, by what the conversation came to so far. */
  readonly openAnswer: (contextTokens: number) => Promise<Turn>
  /** Money for writing down what is said by this model. */
  readonly openTranscript: (model: string) => Promise<Turn>
  /** @throws AppError once the key is no longer good for it. */
  readonly checkKey: () => unknown
  readonly log: Pick<Logger, 'error'>
}

interface SessionInput {
  readonly caller: WebSocket
  readonly upstream: WebSocket
  readonly providerId: string
  /** Money for the first answer. */
  readonly first: Turn
  /** Once everything is settled. */
  readonly onEnd: () => void
}

const KEY_CHECK_MS = 2_000
/** OpenAI's own bound. */
const LONGEST_MS = 60 * 60_000
/** No event of either side: sound that is sent in silence counts as one. */
const IDLE_MS = 10 * 60_000
/** What was put aside goes back by itself a while after the longest a request may take, so it is renewed before. */
const RENEW_MS = 10 * 60_000
/** For the account of an answer that was cut short. */
const ACCOUNT_MS = 10_000

/**
 * Both ways, message by message. There is always money put aside for the next answer, and whatever may cost waits for it; when an answer is done it is
 * settled, told to the caller, and the next is asked for. Refused, the conversation ends with an error event and a closed connection. An answer that
 * is cut short is cancelled at the provider and billed by its account of it.
 */
export const runSession = (
  deps: SessionDeps,
  { caller, upstream, providerId, first, onEnd }: SessionInput,
): Session => {
  let contextTokens = 0
  let isDraining = false
  /** Answers that were asked for and not yet begun, and those that were begun and are not yet done. */
  let asked = 0
  const underWay = new Set<unknown>()
  /** Set when the conversation is over; what is left is its account. */
  let over: AttemptOutcome | null = null
  let settled: Promise<void> | null = null
  let lastEventAtMs = performance.now()
  let putAsideAtMs = performance.now()
  /** Messages of one side keep their order while one of them waits for the journal or for money. */
  let toUpstream = Promise.resolve()
  let toCaller = Promise.resolve()
  const answers = putAside(() => {
    putAsideAtMs = performance.now()
    return deps.openAnswer(contextTokens)
  }, first)
  let transcripts: PutAside | null = null
  let isTranscribing = false

  const isAnswering = (): boolean => asked > 0 || underWay.size > 0

  const settleAll = (): Promise<void> => {
    settled ??= closeAll()
    return settled
  }

  const closeAll = async (): Promise<void> => {
    clearTimeout(account)
    upstream.close(1000)
    const how = { outcome: over ?? 'client_abort', usage: null }
    await Promise.all([answers.close(how), transcripts?.close(how)])
      .catch((error: unknown) => deps.log.error('realtime-unsettled', { error: String(error) }))
      .finally(onEnd)
  }

  let account: NodeJS.Timeout | undefined
  const end = (
    code: number,
    { reason, outcome }: { readonly reason: string; readonly outcome: AttemptOutcome },
  ): void => {
    if (over !== null) return
    over = outcome
    for (const stop of watches) stop()
    caller.close(code, reason)
    if (!isAnswering() || upstream.readyState !== upstream.OPEN) void settleAll()
    else {
      // Its last event tells what the part that was made came to.
      if (upstream.isPaused) upstream.resume()
      passOn(CANCEL, { from: caller, to: upstream })
      account = setTimeout(() => void settleAll(), ACCOUNT_MS)
    }
  }

  const fail = (error: unknown, outcome: AttemptOutcome = 'client_abort'): void => {
    if (over !== null) return
    const appError = error instanceof AppError ? error : new AppError('internal_error', { cause: error })
    if (appError.code === 'internal_error') deps.log.error('realtime-failed', { error: String(error) })
    if (caller.readyState === caller.OPEN) caller.send(errorEvent(appError))
    end(closeCodeOf(appError), {
      reason: appError.code,
      outcome: appError.code === 'internal_error' ? 'gateway_error' : outcome,
    })
  }

  const finishAnswer = async (text: string, message: JsonObject): Promise<void> => {
    const response = isJsonObject(message.response) ? message.response : {}
    const usage = readRealtimeUsage(response.usage)
    if (usage !== null) contextTokens = countInputTokens(usage.units) + countOutputTokens(usage.units)
    if (!underWay.delete(response.id)) asked = 0
    const goesOn = over === null && !isDraining
    await answers.finish({ outcome: over ?? 'ok', usage }, { goesOn: goesOn || isAnswering() })
    passOn(text, { from: upstream, to: caller })
    if (over !== null && !isAnswering()) await settleAll()
    else if (over === null && isDraining && !isAnswering()) fail(new AppError('shutting_down'))
    else if (goesOn) await answers.ready()
  }

  const fromUpstream = async (text: string): Promise<void> => {
    if (settled !== null) return
    lastEventAtMs = performance.now()
    const message = parseJsonObject(text)
    const type = message?.type
    if (message !== null && type === 'response.done') {
      await finishAnswer(text, message)
      return
    }
    if (type === 'response.created') {
      asked = Math.max(0, asked - 1)
      underWay.add(isJsonObject(message?.response) ? message.response.id : null)
    } else if (type === 'conversation.item.input_audio_transcription.completed')
      await transcripts?.finish(
        { outcome: 'ok', usage: readTranscriptUsage(message?.usage) },
        { goesOn: over === null },
      )
    // Whatever was asked for may have been refused by it.
    else if (type === 'error') asked = 0
    passOn(text, { from: upstream, to: caller })
    if (type === 'error' && isDraining && !isAnswering()) fail(new AppError('shutting_down'))
  }

  /** @returns the name by which the provider knows the model that is to write. */
  const changeTranscripts = async ({ model }: TranscriptWish): Promise<string | null> => {
    if (model === null) {
      // What is being written down already still comes, so its money stays.
      isTranscribing = false
      return null
    }
    const turn = await deps.openTranscript(model)
    const before = transcripts
    transcripts = putAside(() => deps.openTranscript(model), turn)
    isTranscribing = true
    await (isOver() ? transcripts : before)?.close({ outcome: 'client_abort', usage: null })
    return turn.offering.upstreamModel
  }

  /** The message as the provider is to read it. @throws AppError for what cannot be offered, which does not end the conversation. */
  const prepare = async (message: JsonObject, text: string): Promise<string> => {
    if (isDraining && message.type === 'response.create') throw new AppError('shutting_down')
    const wish = readTranscriptWish(message)
    const name = wish === null ? null : await changeTranscripts(wish)
    if (wish === null || name === null || name === wish.model) return text
    const edited = spliceJson(Buffer.from(text), [{ path: wish.path, value: JSON.stringify(name) }])
    return Buffer.from(edited).toString('utf8')
  }

  const fromCaller = async (text: string): Promise<void> => {
    if (over !== null) return
    lastEventAtMs = performance.now()
    const message = parseJsonObject(text)
    if (message === null) {
      caller.send(errorEvent(NOT_JSON))
      return
    }
    let out: string
    try {
      out = await prepare(message, text)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      caller.send(errorEvent(error, message.event_id))
      return
    }
    if (typeof message.type === 'string' && COSTS.has(message.type)) {
      await answers.begin()
      if (isTranscribing && HEARD.has(message.type)) await transcripts?.begin()
    }
    if (isOver()) return
    if (message.type === 'response.create') asked += 1
    passOn(out, { from: caller, to: upstream })
  }
  const isOver = (): boolean => over !== null

  caller.on('message', (data, isBinary) => {
    if (isBinary) fail(new AppError('invalid_request', { message: 'Send events as JSON text, not as bytes.' }))
    else toUpstream = toUpstream.then(() => fromCaller(textOf(data))).catch(fail)
  })
  upstream.on('message', (data) => {
    toCaller = toCaller.then(() => fromUpstream(textOf(data))).catch(fail)
  })
  caller.on('close', () => end(1000, { reason: '', outcome: 'client_abort' }))
  caller.on('error', () => end(1011, { reason: '', outcome: 'client_abort' }))
  const providerGone = (): void => {
    // After what it still said.
    toCaller = toCaller.then(() => {
      fail(new AppError('stream_interrupted', { metadata: { provider: providerId } }), 'upstream_error')
      return settleAll()
    })
  }
  upstream.on('close', providerGone)
  upstream.on('error', providerGone)

  const look = (): void => {
    Promise.resolve()
      .then(deps.checkKey)
      .catch((error: unknown) => {
        // Not knowing for a moment is no revocation.
        if (error instanceof AppError && error.code !== 'quota_unavailable') fail(error)
      })
    const now = performance.now()
    if (now - lastEventAtMs >= IDLE_MS) fail(IDLE)
    else if (now - putAsideAtMs >= RENEW_MS && !isAnswering()) {
      putAsideAtMs = now
      toCaller = toCaller.then(() => answers.renew()).catch(fail)
    }
  }
  const watch = setInterval(look, KEY_CHECK_MS)
  const longest = setTimeout(() => fail(LONGEST), LONGEST_MS)
  const watches = [() => clearInterval(watch), () => clearTimeout(longest), watchPulse([caller, upstream])]
  return {
    drain: () => {
      isDraining = true
      if (!isAnswering()) fail(new AppError('shutting_down'))
    },
    stop: () => {
      fail(new AppError('shutting_down'))
      return settleAll()
    },
  }
}

const CANCEL = JSON.stringify({ type: 'response.cancel' })

const NOT_JSON = new AppError('invalid_json', { message: 'Each message must be one JSON object.' })
const IDLE = new AppError('request_timeout', {
  message: 'Nothing was said for ten minutes, so the conversation was closed. Connect again to go on.',
})
const LONGEST = new AppError('request_timeout', {
  message: 'A conversation lasts an hour at most. Connect again to go on.',
})
