import type { Caller } from '@atpar/core/caller'
import type { ChatChunk, ChatResponse } from '@atpar/core/chat'
import type { AppError } from '@atpar/core/errors'
import type { TokenBounds } from '@atpar/core/hold-arithmetic'
import type { JsonObject } from '@atpar/core/json'
import type { Endpoint } from '@atpar/core/key-scope'
import type { Pusd } from '@atpar/core/money'
import type { Budget, BudgetCounter, BudgetState } from '@atpar/core/quota'
import type { Model, Snapshot } from '@atpar/core/snapshot'
import type { RateState } from '@atpar/redis/quota'
import type { AttemptBegin, AttemptOutcome, TrailStep } from '@atpar/core/usage-event'
import type { ReportedUsage } from '@atpar/core/usage'
import type { Task } from '@atpar/core/task'
import type { TaskAnswer } from '@atpar/core/task-exchange'
import type { CallerDialect, RequestFacts, StreamDecoder } from '@atpar/dialects/contract'
import type {
  MediaAnswer,
  MediaCaller,
  MediaInput,
  MediaProvider,
  MediaRequest,
  MediaTarget,
  MediaUpstreamRequest,
} from '@atpar/dialects/media-contract'
import type { TaskCaller } from '@atpar/dialects/task-contract'
import type { FormFile } from '../http/multipart.ts'
import type { Peer } from '../http/networks.ts'
import type { Reply } from '../http/reply.ts'
import type { UpstreamBody } from '../upstream/http.ts'
import type { Candidate } from '../upstream/candidates.ts'
import type { ProviderTarget } from '../upstream/targets.ts'
import type { RecordedAnswer } from '../answers/recorder.ts'
import type { CacheWish } from '../answers/cache-wish.ts'
import type { LargeBody } from '../large/meaning.ts'
import type { Meter } from '../metering/meter.ts'
import type { StreamFramer } from '../http/stream-framer.ts'

/** The types that flow between the six steps. Each step takes what the one before it returned. */

/** What every parsed request has, before anything is known of who sent it. */
interface CallBase {
  readonly requestId: string
  /** Wall clock plus the installation's test offset: the instant that fixes the billing period. */
  readonly startedAtMs: number
  readonly endpoint: Endpoint
  /** What a model has to do to serve this endpoint. */
  readonly tasks: readonly Task[]
  /** Empty once a stream has begun: then no other attempt will need it. */
  body: Buffer
  /** Of a large body only the small members: its conversation stays where it was parsed, in another thread. */
  readonly json: JsonObject
  /** Null for a body that is parsed here. */
  large: LargeBody | null
  readonly facts: RequestFacts
  /** The catalogue and price book this call is admitted under, whatever is published meanwhile; once its route is chosen, with the organization's own models. */
  snapshot: Snapshot
  readonly keyText: string | null
  readonly peer: Peer
  /** What the caller put on this request; its key's labels come on top. */
  readonly tags: readonly string[]
  /** Null when its headers say nothing of the response cache. */
  readonly cacheWish: CacheWish | null
  /** Which unfinished features of Anthropic's format the caller switches on, by its header; null for none. */
  readonly betas: string | null
  readonly reply: Reply
}

/** A conversation, or its older form: it may stream, and any two formats of chat meet. */
export interface ChatCall extends CallBase {
  readonly kind: 'chat'
  readonly dialect: CallerDialect
}

/** Everything else: the formats of one task meet. */
export interface TaskCall extends CallBase {
  readonly kind: 'task'
  readonly dialect: TaskCaller
}

/** A picture or a sound is asked for or sent: files may come with it, and its answer may be bytes. */
export interface MediaCall extends CallBase {
  readonly kind: 'media'
  readonly dialect: MediaCaller
  readonly input: MediaInput
  readonly request: MediaRequest
  /** The files' bytes, on disk; empty for a request in JSON. */
  readonly files: readonly FormFile[]
}

/** One answer of a conversation in sound. What is said goes another way: only its money comes through the steps. */
export interface RealtimeCall extends CallBase {
  readonly kind: 'realtime'
  readonly dialect: { readonly id: 'openai-realtime' }
}

export type IncomingCall = ChatCall | TaskCall | MediaCall | RealtimeCall

export interface Plan {
  readonly model: Model
  /** In the order in which they are tried; never empty. */
  readonly candidates: readonly Candidate[]
  /** What was left out and why. */
  readonly skipped: readonly TrailStep[]
}

/** What is put aside for a call. It grows while the answer does. */
export interface Hold {
  pusd: Pusd
  inputTokens: number
  outputTokens: number
}

/** An attempt and its encoded text. */
export interface FirstRecord {
  readonly begin: AttemptBegin
  readonly text: string
}

/** Money is reserved: from here on the call must be settled, whatever happens. */
export interface Admission {
  readonly caller: Caller
  /** What of the plan there is money for. */
  readonly plan: Plan
  readonly holdId: string
  /** Of the lease that admitted the call; its events carry it. */
  readonly leaseNumber: number | null
  readonly hold: Hold
  /** What the hold says of the first attempt, so that the journal can say the same; taken out by whoever begins it. */
  first: FirstRecord | null
  /** What the call can never exceed, whatever it costs. */
  readonly worst: TokenBounds
  /** Output limit to force, all answers together; null = the caller's own. */
  readonly clampTokens: number | null
  /** Some level has a hard budget: a stream that may not grow is cut. */
  readonly isHard: boolean
  /** Some level has a hard budget of money: the bill never exceeds the hold. */
  readonly isClipped: boolean
  /** Those that count this call, in the same order as `counters` and `states`. */
  readonly budgets: readonly Budget[]
  readonly counters: readonly BudgetCounter[]
  /** As they stood when the hold was made; empty when that was not asked, and once a stream has begun. */
  states: readonly BudgetState[]
  rates: readonly RateState[]
  readonly tags: readonly string[]
}

/** One upstream call that was begun in the journal. */
export interface Attempt {
  readonly number: number
  readonly offering: Candidate
  readonly target: ProviderTarget
  /** What of the request was left out because it cannot be said to this offering. */
  readonly dropped: readonly string[]
  readonly begin: AttemptBegin
  /** As it stands in the journal; empty once a stream has begun, which would keep it for minutes. */
  beginText: string
  readonly seq: number
  readonly dispatchedAtMs: number
}

/** An attempt that did not answer. It cost the caller nothing. */
export interface LostAttempt {
  readonly attempt: Attempt
  readonly error: AppError
  readonly outcome: Extract<AttemptOutcome, 'upstream_error' | 'upstream_timeout' | 'gateway_error'>
  readonly endedAtMs: number
  readonly httpStatus: number
  readonly providerRequestId: string | null
}

interface Served {
  readonly attempt: Attempt
  readonly lost: readonly LostAttempt[]
  readonly firstByteAtMs: number
  readonly providerRequestId: string | null
  /** The provider speaks the caller's own format: bytes are relayed, not rewritten. */
  readonly sameDialect: boolean
}

/** A request for or with a picture or a sound, ready to be sent to one target. */
export interface PreparedMedia {
  readonly kind: 'media'
  readonly call: MediaCall
  readonly format: MediaProvider
  readonly to: MediaTarget
  readonly upstream: MediaUpstreamRequest
  readonly target: ProviderTarget
  readonly path: string
  /** Under which of several prices it falls; null = the ordinary one. */
  readonly variant: string | null
}

/** What dispatch hands to relay. */
export type Answer =
  | ({
      readonly kind: 'whole'
      readonly caller: CallerDialect
      readonly bytes: Buffer
      /** The bytes as a text, a character for each (latin-1); null for an answer too long to be sent as one. */
      readonly wire: string | null
      /** What the bytes say. */
      readonly json: JsonObject
      readonly decoded: ChatResponse | null
      readonly usage: ReportedUsage | null
      readonly servedModel: string | null
      readonly serviceTier: string | null
      readonly hasContent: boolean
      readonly keptIds: readonly string[] | undefined
    } & Served)
  /** An answer that is no chat, in JSON. */
  | ({
      readonly kind: 'task'
      readonly call: TaskCall
      readonly bytes: Buffer
      /** Null where the bytes are passed on. */
      readonly decoded: TaskAnswer | null
      readonly usage: ReportedUsage | null
      readonly servedModel: string | null
      readonly hasContent: boolean
    } & Served)
  /** Pictures, or a sound written down: read whole. */
  | ({
      readonly kind: 'media'
      readonly prepared: PreparedMedia
      readonly bytes: Buffer
      readonly decoded: MediaAnswer
      readonly usage: ReportedUsage | null
    } & Omit<Served, 'sameDialect'>)
  /** A sound as it is made, or events. */
  | ({
      readonly kind: 'media-stream'
      readonly prepared: PreparedMedia
      readonly body: UpstreamBody
      /** What was read of it so far. */
      readonly first: readonly Buffer[]
      readonly contentType: string | null
      readonly forgetDeadline: () => void
    } & Omit<Served, 'sameDialect'>)
  | ({
      readonly kind: 'stream'
      readonly caller: CallerDialect
      readonly body: UpstreamBody
      readonly framer: StreamFramer
      readonly decoder: StreamDecoder
      readonly meter: Meter
      readonly held: HeldFrame[]
      readonly forgetDeadline: () => void
    } & Served)
  | { readonly kind: 'cached'; readonly attempt: Attempt; readonly recorded: RecordedAnswer }
  | { readonly kind: 'failed'; readonly lost: readonly LostAttempt[]; readonly error: AppError }

/** A frame read before the answer was committed to, with the chunks it decoded to. */
export interface HeldFrame {
  readonly bytes: Buffer
  readonly chunks: readonly ChatChunk[]
}

/** How a call ended, handed to settle exactly once. */
export type Outcome =
  | {
      readonly kind: 'served'
      readonly attempt: Attempt
      readonly lost: readonly LostAttempt[]
      readonly outcome: AttemptOutcome
      /** Nobody was asked: the answer was kept. */
      readonly fromCache?: true
      readonly usage: ReportedUsage | null
      /** The provider's last word on usage, as opposed to an early or partial count. */
      readonly usageIsFinal: boolean
      readonly deliveredText: string
      /** Null when they were not counted. */
      readonly deliveredCharacters: number | null
      readonly hasContent: boolean
      readonly servedModel: string | null
      readonly serviceTier: string | null
      readonly providerRequestId: string | null
      readonly firstByteAtMs: number
      readonly endedAtMs: number
      readonly error: AppError | null
    }
  | { readonly kind: 'failed'; readonly lost: readonly LostAttempt[] }

/** What the caller is told about the bill. */
export interface Receipt {
  readonly costUsd: string
}
