import type { CallerDialectId } from '@atpar/dialects/contract'
import type { JsonObject } from '@atpar/core/json'
import type { Simulators } from '@atpar/simulators/start'
import type { RecordingWire, WireRecord } from './recording-wire.ts'
import { asRecord, NOTHING_SEEN, parseLoosely, readServerEvents, type Seen, type Speaker } from './speaker.ts'

type BookEntry = ReturnType<Simulators['books']['entries']>[number]

/** Whom to ask, and as whom. */
export interface Door {
  readonly proxyUrl: string
  readonly key: string
}

/** A door with both ways to know what reached the provider. */
export interface Stage extends Door {
  readonly simulators: Simulators
  readonly wire: RecordingWire
}

export interface Call {
  readonly asked: JsonObject
  readonly model: string
  readonly stream: boolean
}

/** One call as its caller sees it. */
export interface Reply {
  readonly dialect: CallerDialectId
  readonly requestId: string
  readonly asked: JsonObject
  readonly status: number
  /** The body of a whole answer; `{}` for streams. */
  readonly answer: JsonObject
  readonly raw: string
  readonly seen: Seen
}

/** … and what the other side knows of it. */
export interface Exchange extends Reply {
  /** Of the last attempt; null when none reached the provider. */
  readonly book: BookEntry | null
  readonly wire: WireRecord | null
}

export const ask = async (door: Door, speaker: Speaker, { asked, model, stream }: Call): Promise<Reply> => {
  const response = await fetch(door.proxyUrl + speaker.path(model, stream), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...speaker.headers(door.key) },
    // Words of ours in every body: none may reach a provider.
    body: JSON.stringify({ ...asked, session_id: 'matrix' }),
  })
  const raw = await response.text()
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  const answer = isStream ? {} : asRecord(parseLoosely(raw))
  return {
    dialect: speaker.id,
    requestId: response.headers.get('x-request-id') ?? '',
    asked,
    status: response.status,
    answer,
    raw,
    seen: isStream
      ? speaker.readStream(readServerEvents(raw))
      : response.status === 200
        ? speaker.readWhole(answer)
        : { ...NOTHING_SEEN, errorCode: speaker.readWhole(answer).errorCode },
  }
}

export const exchange = async (stage: Stage, speaker: Speaker, call: Call): Promise<Exchange> => {
  const reply = await ask(stage, speaker, call)
  const isOfCall = ({ callerRequestId }: BookEntry): boolean =>
    callerRequestId?.startsWith(`${reply.requestId}-`) === true
  return {
    ...reply,
    book: stage.simulators.books.entries().findLast(isOfCall) ?? null,
    wire: stage.wire.recordsOf(reply.requestId).at(-1) ?? null,
  }
}
