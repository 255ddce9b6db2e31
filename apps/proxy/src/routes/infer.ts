import type { IncomingMessage } from 'node:http'
import { AppError } from '@atpar/core/errors'
import type { CallerDialect } from '@atpar/dialects/contract'
import type { Endpoint } from '@atpar/core/key-scope'
import type { MediaTask, Task } from '@atpar/core/task'
import type { MediaCaller, MediaInput } from '@atpar/dialects/media-contract'
import type { TaskCaller } from '@atpar/dialects/task-contract'
import type { ChatCall, IncomingCall, TaskCall } from '../call/call-context.ts'
import { readCacheWish } from '../answers/cache-wish.ts'
import { fingerprintForm } from '../answers/fingerprint-form.ts'
import { runOnce, type OnceRequest } from '../answers/run-once.ts'
import { identify } from '../call/authenticate.ts'
import { handleCall } from '../call/handle-call.ts'
import type { Deps } from '../deps.ts'
import { readBody } from '../http/body.ts'
import { LARGE_BODY_BYTES } from '../http/growing-buffer.ts'
import type { BodyShare } from '../http/body-room.ts'
import { parseJsonBody } from '../http/json-body.ts'
import { completeBody, type Completion } from '../large/complete-body.ts'
import { readKeyText } from '../http/key-text.ts'
import { readForm, type FormFile, type FormLimits } from '../http/multipart.ts'
import { peerOf } from '../http/networks.ts'
import { describeForm } from '../media/describe-form.ts'
import type { Reply } from '../http/reply.ts'
import { readTags } from '../http/tags.ts'
import { betasOf } from '../upstream/pass-betas.ts'

const MAX_BODY_BYTES = 20 * 1024 * 1024

interface RouteBase extends Completion {
  readonly endpoint: Endpoint
}

interface ChatRoute extends RouteBase {
  readonly kind: 'chat'
  readonly dialect: CallerDialect
  /** What a model has to do to be called here; `chat` when absent. */
  readonly tasks?: readonly Task[]
}

interface TaskRoute extends RouteBase {
  readonly kind: 'task'
  readonly dialect: TaskCaller
}

interface MediaRoute extends RouteBase {
  readonly kind: 'media'
  readonly dialect: MediaCaller
  /** Whether files come with it, and so a form. */
  readonly form: FormLimits | null
}

/** What an endpoint that can cost money is made of. */
export type InferenceRoute = ChatRoute | TaskRoute | MediaRoute

export interface RouteRequest {
  readonly request: IncomingMessage
  readonly reply: Reply
  readonly requestId: string
  readonly startedAtMs: number
}

/** The one way into the six steps: every endpoint that can cost money goes through here, so none escapes metering. */
export const infer = (deps: Deps, route: InferenceRoute, from: RouteRequest): Promise<void> => {
  const keyText = readKeyText(from.request.headers)
  // Without a key nothing of a body is worth reading.
  if (keyText === null) throw new AppError('missing_key')
  if (route.kind === 'media' && route.form !== null)
    return inferForm(deps, { ...route, form: route.form }, { from, keyText })
  const bytes = mostBytes(from.request)
  return bytes <= LARGE_BODY_BYTES
    ? inferBody(deps, route, { from, keyText, share: null })
    : inferLarge(deps, route, { from, keyText, bytes })
}

interface LargeInput {
  readonly from: RouteRequest
  readonly keyText: string
  readonly bytes: number
}

/** So much is read only for a key that works, and counts against the room for bodies. */
const inferLarge = async (deps: Deps, route: InferenceRoute, { from, keyText, bytes }: LargeInput): Promise<void> => {
  await identify(deps, { keyText, peer: peerOf(from.request) })
  const share = deps.bodyRoom.take(Math.min(bytes, MAX_BODY_BYTES))
  try {
    await inferBody(deps, route, { from, keyText, share })
  } finally {
    share.keep(0)
  }
}

/** What a body can come to, as far as its headers say: all that is allowed when its length is not told, or is that of what will be unpacked. */
const mostBytes = ({ headers }: IncomingMessage): number =>
  headers['content-length'] === undefined || headers['content-encoding'] !== undefined
    ? MAX_BODY_BYTES
    : Number(headers['content-length'])

interface InferInput {
  readonly from: RouteRequest
  readonly keyText: string
  /** Of the room for bodies; null for a small one. */
  readonly share: BodyShare | null
}

const inferBody = async (deps: Deps, route: InferenceRoute, { from, keyText, share }: InferInput): Promise<void> => {
  const { request } = from
  const body = await readBody(request, { maxBytes: MAX_BODY_BYTES })
  share?.keep(body.length)
  const idempotencyKey = idempotencyKeyOf(request)
  if (idempotencyKey === null) {
    await inferFrom(deps, route, { from, keyText, body })
    return
  }
  const caller = await identify(deps, { keyText, peer: peerOf(request) })
  await inferOnce(deps, { from, keyText, idempotencyKey, caller, body }, (recorded) =>
    inferFrom(deps, route, { from: recorded, keyText, body }),
  )
}

const idempotencyKeyOf = ({ headers }: IncomingMessage): string | null => {
  const key = headers['idempotency-key']
  return typeof key === 'string' ? key : null
}

interface OnceInput {
  readonly from: RouteRequest
  readonly keyText: string
  readonly idempotencyKey: string
  readonly caller: OnceRequest['caller']
  /** Or what stands for it. */
  readonly body: Uint8Array
}

const inferOnce = (
  deps: Deps,
  { from, keyText, idempotencyKey, caller, body }: OnceInput,
  run: (from: RouteRequest) => Promise<void>,
): Promise<void> =>
  runOnce(
    { answers: deps.answers, warn: deps.log.warn },
    { idempotencyKey, caller, keyText, path: from.request.url ?? '', body, reply: from.reply },
    (reply) => run({ ...from, reply }),
  )

interface BodyInput {
  readonly from: RouteRequest
  readonly keyText: string
  readonly body: Buffer
}

const inferFrom = (deps: Deps, route: InferenceRoute, { from, keyText, body }: BodyInput): Promise<void> => {
  const isLarge = body.length > LARGE_BODY_BYTES
  const common = commonFacts(deps, route, { from, keyText, body })
  if (route.kind === 'media')
    return isLarge
      ? deps.largeBodies
          .parse(body)
          .then((json) => handleCall(deps, { ...common, ...mediaOf(route, { json, files: [] }, []) }))
      : handleCall(deps, { ...common, ...mediaOf(route, { json: parseJsonBody(body), files: [] }, []) })
  return isLarge
    ? readLarge(deps, route, body).then((content) => handleCall(deps, callOf(route, common, content)))
    : handleCall(deps, callOf(route, common, readSmall(route, body)))
}

/** A form is read to disk, and only for a key that works; whatever becomes of the call, its files are let go. */
const inferForm = async (
  deps: Deps,
  route: MediaRoute & { readonly form: FormLimits },
  { from, keyText }: Omit<InferInput, 'share'>,
): Promise<void> => {
  const { request } = from
  const caller = await identify(deps, { keyText, peer: peerOf(request) })
  const form = await readForm(request, route.form)
  const run = async (answering: RouteRequest): Promise<void> => {
    const described = await describeForm(form)
    await handleCall(deps, {
      ...commonFacts(deps, route, { from: answering, keyText, body: NO_BODY }),
      ...mediaOf(route, described, form.files),
    })
  }
  try {
    const idempotencyKey = idempotencyKeyOf(request)
    if (idempotencyKey === null) await run(from)
    else await inferOnce(deps, { from, keyText, idempotencyKey, caller, body: await fingerprintForm(form) }, run)
  } finally {
    await form.discard()
  }
}

const NO_BODY = Buffer.alloc(0)

const commonFacts = (deps: Deps, { endpoint, dialect }: InferenceRoute, { from, keyText, body }: BodyInput) => ({
  requestId: from.requestId,
  startedAtMs: from.startedAtMs,
  endpoint,
  snapshot: deps.feed.current(),
  keyText,
  peer: peerOf(from.request),
  tags: readTags(from.request.headers),
  betas: dialect.id === 'anthropic-messages' ? betasOf(from.request.headers) : null,
  cacheWish: readCacheWish(headerText(from.request.headers['x-atpar-cache'])),
  reply: from.reply,
  body,
})

const mediaOf = ({ dialect }: MediaRoute, input: MediaInput, files: readonly FormFile[]) => ({
  kind: 'media' as const,
  dialect,
  tasks: MEDIA_TASKS_OF[dialect.task],
  input,
  files,
  json: input.json,
  facts: dialect.readFacts(input),
  request: dialect.decodeRequest(input),
  large: null,
})

/** Some conversations draw; whether a model's does is told by what it is sold by, when it is asked. */
const MEDIA_TASKS_OF: Readonly<Record<MediaTask, readonly Task[]>> = {
  image: ['image', 'chat'],
  speech: ['speech'],
  transcription: ['transcription'],
}

const headerText = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.join(',')

type Content = Pick<IncomingCall, 'json' | 'facts' | 'large'>

const readSmall = (route: ChatRoute | TaskRoute, body: Buffer): Content => {
  const json = completeBody(parseJsonBody(body), route)
  return { json, facts: route.dialect.readFacts(json), large: null }
}

const readLarge = async (
  deps: Deps,
  { dialect, added, defaults }: ChatRoute | TaskRoute,
  bytes: Buffer,
): Promise<Content> => {
  const large = { bytes, added, defaults }
  const { facts, outline } = await deps.largeBodies.read({ ...large, dialect: dialect.id })
  return { json: outline, facts, large }
}

const CHAT: readonly Task[] = ['chat']

const callOf = (
  route: ChatRoute | TaskRoute,
  common: ReturnType<typeof commonFacts>,
  { json, facts, large }: Content,
): ChatCall | TaskCall =>
  route.kind === 'chat'
    ? { ...common, kind: 'chat', dialect: route.dialect, tasks: route.tasks ?? CHAT, json, facts, large }
    : { ...common, kind: 'task', dialect: route.dialect, tasks: [route.dialect.task], json, facts, large }
