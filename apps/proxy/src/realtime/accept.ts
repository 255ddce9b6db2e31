import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { AppError } from '@atpar/core/errors'
import { WebSocket, WebSocketServer } from 'ws'
import { identify } from '../call/authenticate.ts'
import type { Deps } from '../deps.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import { readTags } from '../http/tags.ts'
import type { Candidate } from '../upstream/candidates.ts'
import { runSession, type Session, type SessionDeps } from './session.ts'
import { openTurn, type TurnRequest } from './turn.ts'

/** `GET /v1/realtime`: conversations in sound. */
export interface Realtime {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  refuse(socket: Duplex, error: AppError): void
  openSessions(): number
  /** Each ends once its answer under way is complete. */
  drain(): void
  /** Those that are left end now. Resolves when they are settled. */
  stop(): Promise<void>
}

export const REALTIME_PATH = '/v1/realtime'
/** A second of sound is some 64 KB; a picture may be megabytes. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
const HANDSHAKE_MS = 10_000
/** How browsers, which set no headers, show their key. */
const KEY_PROTOCOL = 'openai-insecure-api-key.'
const CONTENT_HEADERS: ReadonlySet<string> = new Set(['content-type', 'accept', 'accept-encoding'])

export const createRealtime = (deps: Deps): Realtime => {
  const sessions = new Set<Session>()
  let opening = 0
  let isDraining = false
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has('realtime') ? 'realtime' : false),
  })
  const open = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const asked = readRequest(request)
    const turn = await openTurn(deps, asked)
    let upstream: WebSocket | null = null
    try {
      upstream = await connect(turn.offering)
      if (socket.destroyed) throw new AppError('invalid_request', { message: 'The connection closed.' })
      const connected = upstream
      let isHeld = false
      sockets.handleUpgrade(request, socket, head, (caller) => {
        isHeld = true
        const session = runSession(sessionDeps(deps, asked, turn.offering), {
          caller,
          upstream: connected,
          providerId: turn.offering.providerId,
          first: turn,
          onEnd: () => sessions.delete(session),
        })
        sessions.add(session)
        // What it said before anyone listened.
        connected.resume()
        if (isDraining) session.drain()
      })
      // A handshake that is none has been answered by then.
      if (!isHeld) throw new AppError('invalid_request', { message: 'This is no WebSocket handshake.' })
    } catch (error) {
      upstream?.close()
      await turn.end({ outcome: 'client_abort', usage: null })
      throw error
    }
  }
  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      opening += 1
      open(request, socket, head)
        .catch((error: unknown) => refuse(deps, socket, error))
        .finally(() => {
          opening -= 1
        })
    },
    refuse: (socket, error) => {
      socket.on('error', () => socket.destroy())
      refuse(deps, socket, error)
    },
    openSessions: () => sessions.size + opening,
    drain: () => {
      isDraining = true
      for (const session of sessions) session.drain()
    },
    stop: async () => {
      await Promise.all([...sessions].map((session) => session.stop()))
    },
  }
}

const sessionDeps = (deps: Deps, request: TurnRequest, connection: Candidate): SessionDeps => ({
  openAnswer: (contextTokens) => openTurn(deps, { ...request, contextTokens, connection }),
  openTranscript: (model) => openTurn(deps, { ...request, model, task: 'transcription', connection }),
  checkKey: () => identify(deps, request),
  log: deps.log,
})

/** @throws AppError `not_found`, `invalid_request`, `missing_key` */
const readRequest = (request: IncomingMessage): TurnRequest => {
  const url = new URL(request.url ?? '/', 'http://here')
  if (url.pathname !== REALTIME_PATH)
    throw new AppError('not_found', { message: `There is no WebSocket at ${url.pathname.slice(0, 200)}.` })
  const keyText = readKeyText(request.headers) ?? readProtocolKey(request.headers['sec-websocket-protocol'])
  if (keyText === null) throw new AppError('missing_key')
  const model = url.searchParams.get('model')
  if (model === null || model === '')
    throw new AppError('invalid_request', { param: 'model', message: 'Name the model in the address: ?model=…' })
  return {
    keyText,
    peer: peerOf(request),
    model,
    tags: readTags(request.headers),
    task: 'realtime',
    contextTokens: 0,
    connection: null,
  }
}

const readProtocolKey = (protocols: string | undefined): string | null => {
  const shown = protocols
    ?.split(',')
    .map((each) => each.trim())
    .find((each) => each.startsWith(KEY_PROTOCOL))
  return shown === undefined ? null : readKeyText({ authorization: `Bearer ${shown.slice(KEY_PROTOCOL.length)}` })
}

/** Resolves once the provider has taken the connection, which is paused until somebody listens. */
const connect = ({ target, upstreamModel }: Candidate): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    // Nobody's own address speaks this, and nobody signs it: no guard is passed by.
    if (target.realtimePath === null || target.publicOnly || target.sign !== null) {
      reject(new AppError('no_provider_available'))
      return
    }
    const headers = Object.fromEntries(Object.entries(target.headers).filter(([name]) => !CONTENT_HEADERS.has(name)))
    const upstream = new WebSocket(
      `${target.origin.replace(/^http/, 'ws')}${target.pathPrefix}${target.realtimePath}?model=${encodeURIComponent(upstreamModel)}`,
      { headers, handshakeTimeout: HANDSHAKE_MS, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false },
    )
    upstream.once('open', () => {
      upstream.pause()
      resolve(upstream)
    })
    upstream.once('error', (cause) => {
      reject(new AppError('upstream_failed', { metadata: { provider: target.providerId }, cause }))
    })
  })

/** Before there is a conversation an error is an answer in HTTP. */
const refuse = (deps: Deps, socket: Duplex, error: unknown): void => {
  const appError = error instanceof AppError ? error : new AppError('internal_error', { cause: error })
  if (appError.code === 'internal_error') deps.log.error('realtime-failed', { error: String(error) })
  deps.metrics.recordRefusal(appError.code)
  const requestId = deps.newRequestId(deps.clock.nowMs())
  const body = JSON.stringify(deps.dialects['openai-chat'].encodeError(appError, { requestId }))
  socket.end(
    `HTTP/1.1 ${appError.status} ${appError.code}\r\nConnection: close\r\nContent-Type: application/json\r\nx-request-id: ${requestId}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
