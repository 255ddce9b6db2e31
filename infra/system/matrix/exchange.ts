import type { CallerDialectId } from '@atpar/dialects/contract'
import type { JsonObject } from '@atpar/core/json'
import type { Simulators } from '@atpar/simulators/start'
import type { RecordingWire, WireRecord } from './recording-wire.ts'
import { asRecord, NOTHING_SEEN, parseLoosely, readServerEvents, type Seen, type Speaker } from './speaker.ts'

type BookEntry = ReturnType<Simulators['books']['entries']>[number]

/** A system to ask: the proxy, a key, and both ways to know what reached the provider. */
export interface Stage {
  readonly proxyUrl: string
  readonly key: string
  readonly simulators: Simulators
  readonly wire: RecordingWire
}

/** One call from its body to what each side knows of it. */
export interface Exchange {
  readonly dialect: CallerDialectId
  readonly requestId: string
  readonly asked: JsonObject
  readonly status: number
  /** The body of a whole answer; `{}` for streams. */
  readonly answer: JsonObject
  readonly raw: string
  readonly seen: Seen
  /** Of the last attempt; null when none reached the provider. */
  readonly book: BookEntry | null
  readonly wire: WireRecord | null
}

export const exchange = async (
  stage: Stage,
  speaker: Speaker,
  { asked, model, stream }: { readonly asked: JsonObject; readonly model: string; readonly stream: boolean },
): Promise<Exchange> => {
  const response = await fetch(stage.proxyUrl + speaker.path(model, stream), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...speaker.headers(stage.key) },
    // Words of ours in every body: none may reach a provider.
    body: JSON.stringify({ ...asked, session_id: 'matrix' }),
  })
  const raw = await response.text()
  const requestId = response.headers.get('x-request-id') ?? ''
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  const answer = isStream ? {} : asRecord(parseLoosely(raw))
  const seen = isStream
    ? speaker.readStream(readServerEvents(raw))
    : response.status === 200
      ? speaker.readWhole(answer)
      : { ...NOTHING_SEEN, errorCode: speaker.readWhole(answer).errorCode }
  return {
    dialect: speaker.id,
    requestId,
    asked,
    status: response.status,
    answer,
    raw,
    seen,
    book:
      stage.simulators.books
        .entries()
        .findLast((entry) => entry.callerRequestId?.startsWith(`${requestId}-`) === true) ?? null,
    wire: stage.wire.recordsOf(requestId).at(-1) ?? null,
  }
}
