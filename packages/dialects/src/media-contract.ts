import type { ImageAnswer, ImageRequest } from '@atpar/core/image'
import type { JsonObject } from '@atpar/core/json'
import type { SpeechRequest } from '@atpar/core/speech'
import type { SseEvent } from '@atpar/core/sse'
import type { MediaTask } from '@atpar/core/task'
import type { TranscriptionAnswer, TranscriptionRequest } from '@atpar/core/transcription'
import type { ReportedUsage, UsageBucket, UsageUnits } from '@atpar/core/usage'
import type { RequestFacts, UpstreamProblem } from './contract.ts'

/**
 * The wire formats of pictures and sounds. A request is JSON or a form whose files lie elsewhere (here they are only described), an answer is JSON,
 * text, events, or the bytes of a sound. Bytes never pass through this package.
 */
export type MediaRequest = ImageRequest | SpeechRequest | TranscriptionRequest
/** A sound is no answer in this sense: its bytes are passed on as they come. */
export type MediaAnswer = ImageAnswer | TranscriptionAnswer

export type MediaCallerId = 'openai-images' | 'openai-speech' | 'openai-transcriptions'
export type MediaProviderId = MediaCallerId | 'gemini-images' | 'elevenlabs-speech' | 'deepgram-listen'

/** The formats a provider speaks, for each of these tasks it has models of. */
export type ProviderMedia = Partial<Readonly<Record<MediaTask, MediaProviderId>>>

/** A file of the request, whose bytes are on disk. */
export interface MediaFile {
  /** Of its part of the form. */
  readonly name: string
  readonly fileName: string
  readonly contentType: string
  readonly bytes: number
  /** How long a sound lasts by its own words, rounded up; null = it does not tell. */
  readonly seconds: number | null
}

/** What the caller sent: the JSON body, or the fields of a form (repeated ones as arrays) with its files. */
export interface MediaInput {
  readonly json: JsonObject
  readonly files: readonly MediaFile[]
}

/** An answer as it goes to the caller. */
export interface EncodedAnswer {
  readonly contentType: string
  readonly body: string
}

export interface MediaReplyFacts {
  readonly createdAtMs: number
  /** Decimal text made from BigInt; null = unknown. */
  readonly costUsd: string | null
}

/** The caller's side. Errors are told in the chat format of the same family. */
export interface MediaCaller {
  readonly id: MediaCallerId
  readonly task: MediaTask
  /** Bounds before anything is sent; `units` of what is counted in anything but tokens. @throws AppError `invalid_request` naming the field */
  readFacts(input: MediaInput): RequestFacts
  decodeRequest(input: MediaInput): MediaRequest
  /** @throws TypeError for a sound, whose bytes are passed on instead. */
  encodeAnswer(answer: MediaAnswer, request: MediaRequest, facts: MediaReplyFacts): EncodedAnswer
  /** The same as the events of a stream, for providers that do not stream it. */
  encodeEvents(answer: MediaAnswer, request: MediaRequest): string
}

export interface MediaTarget {
  readonly upstreamModel: string
  /** What the offering is sold by: it decides what has to be counted, and so what has to be asked for. Empty = unknown. */
  readonly sold: ReadonlySet<UsageBucket>
}

export type MediaBody =
  | { readonly kind: 'json'; readonly json: JsonObject }
  /** `files`: places among the request's files, with the name of the part each goes in. */
  | { readonly kind: 'form'; readonly fields: readonly FormText[]; readonly files: readonly FormPlace[] }
  /** One file alone as the body. */
  | { readonly kind: 'file'; readonly file: number }

export interface FormText {
  readonly name: string
  readonly value: string
}

export interface FormPlace {
  readonly name: string
  readonly file: number
}

/** What goes to a provider, and what comes back from it. */
export interface MediaUpstreamRequest {
  readonly path: string
  readonly body: MediaBody
  /** `sound`: the bytes of one, as they are made. */
  readonly answer: 'json' | 'events' | 'sound'
  /** The answer is what the caller asked for, in its own format: its bytes go as they come. */
  readonly passes: boolean
  /** What this format cannot express. */
  readonly dropped: readonly string[]
}

/** What one event of a stream says. */
export interface MediaEvent {
  /** Base64 of a piece of sound. */
  readonly sound: string | null
  /** Words written down. */
  readonly text: string
  /** A picture, or a part of one on the way, in it. */
  readonly hasPicture: boolean
  readonly usage: ReportedUsage | null
  /** The format's own terminal event: a stream that ends before it was cut. */
  readonly isLast: boolean
  /** Null unless the stream failed in band. */
  readonly problem: UpstreamProblem | null
}

/** A lower bound of what a request came to: an estimate must not bill more than the provider would. */
export interface MediaEstimate {
  /** Its tokens are counted and added to the units as plain input. */
  readonly text: string
  readonly units: UsageUnits
}

/** The provider's side. */
export interface MediaProvider {
  readonly id: MediaProviderId
  readonly task: MediaTask
  /**
   * `input` is what the caller sent where it speaks this same format: fields nobody knows go along.
   * @throws AppError `unsupported_parameter` for what the answer depends on and this format cannot say
   */
  encodeRequest(request: MediaRequest, target: MediaTarget, input: MediaInput | null): MediaUpstreamRequest
  /** @throws AppError `upstream_malformed` when the body is no answer in this format. */
  decodeAnswer(body: JsonObject, request: MediaRequest): MediaAnswer
  readEvent(event: SseEvent): MediaEvent
  /** What a request comes to where the provider does not say, but its price list does: characters of a text, pictures by the piece. */
  countUnits(request: MediaRequest, target: MediaTarget): UsageUnits | null
  /** Under which of several prices a picture falls (`hd-1024x1792`); null = the ordinary one. */
  variant(request: MediaRequest): string | null
  estimate(request: MediaRequest): MediaEstimate
  decodeError(status: number, body: unknown): UpstreamProblem
}
