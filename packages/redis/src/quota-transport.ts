import { Command, Redis } from 'ioredis'
import { createCircuit } from './circuit.ts'
import { ignoreConnectionError, reconnectDelayMs } from './client.ts'
import type { QuotaLog, UnavailableCause } from './quota-contract.ts'
import { createQuotaCalls, type QuotaCall } from './quota-call.ts'
import { epochKey, keyPrefix } from './quota-keys.ts'
import { isMissingScript, QUOTA_SCRIPT, readServerStamp, repliesOf, type ScriptReply } from './quota-script.ts'

export type Answer =
  | {
      readonly kind: 'reply'
      readonly reply: ScriptReply
      /** This process reported its holds to a rebuild while the call was under way: whether its effect survived is unknown. */
      readonly isStale: boolean
    }
  | {
      readonly kind: 'unavailable'
      readonly cause: UnavailableCause
      /** Whether Redis may have applied it all the same. */
      readonly wasSent: boolean
    }

/** Pushes the fields of an operation; whatever it throws is thrown before anything was sent. */
export type WriteOperation = (fields: string[]) => void
export type Hear = (answer: Answer) => void

export interface QuotaTransport {
  readonly redis: Redis
  /** Joins the organization's script call of this event-loop turn. `hear` must not throw. */
  send(orgId: string, write: WriteOperation, hear: Hear): void
  /** The same for what a request does not wait for: it costs a promise. */
  ask(orgId: string, write: WriteOperation): Promise<Answer>
  markStale(orgId: string): void
  /** Reads again what identifies this run of the server; null when it cannot be asked. */
  refreshStamp(): Promise<string | null>
  onReady(listener: () => void): void
  /** Script calls so far. */
  calls(): number
  whenReady(timeoutMs: number): Promise<boolean>
  close(): void
}

export interface TransportOptions {
  readonly url: string
  readonly commandTimeoutMs: number
  readonly log: QuotaLog
  readonly nowMs: () => number
}

interface Batch {
  readonly orgId: string
  readonly call: QuotaCall
  stamp: string
  sentMs: number
  readonly waiting: Hear[]
  /** As it came, until it is read. */
  reply: unknown
  isStale: boolean
  isDone: boolean
}

/** Keeps one script call short enough not to hold up Redis for everybody else. */
const MAX_OPERATIONS_PER_CALL = 128
const NOT_SENT: Answer = { kind: 'unavailable', cause: 'down', wasSent: false }
const LOST: Answer = { kind: 'unavailable', cause: 'down', wasSent: true }
const TIMED_OUT: Answer = { kind: 'unavailable', cause: 'timeout', wasSent: true }
const REBUILDING: Answer = { kind: 'unavailable', cause: 'rebuilding', wasSent: false }

const HOLD_BACK_MS = 2

const decodeReply = (reply: unknown): unknown => {
  if (Buffer.isBuffer(reply)) return reply.toString('utf8')
  return Array.isArray(reply) ? reply.map(decodeReply) : reply
}

/**
 * Carries quota operations to Redis. All operations that one organization issues within one turn of the event loop go in a single
 * EVALSHA, and all organizations' calls of the turn in a single write: encoding, the system call and the reply are paid once.
 */
export const createQuotaTransport = (options: TransportOptions): QuotaTransport => {
  const { log, nowMs, commandTimeoutMs } = options
  const redis = new Redis(options.url, {
    connectionName: 'atpar-quota',
    enableOfflineQueue: false,
    // A command whose connection died is unknown, and unknown is handled here; sending it again behind our back is not.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 1_000,
    socketTimeout: 3_000,
    retryStrategy: reconnectDelayMs,
    // A demoted master answers READONLY; its data may be rolled back before it is promoted again, so the stamp must be read anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  redis.on('error', ignoreConnectionError)
  const circuit = createCircuit(Math.random)
  const readyListeners: (() => void)[] = []
  let stamp: string | null = null
  let pending = new Map<string, Batch>()
  let full: Batch[] = []
  let isFlushScheduled = false
  let callCount = 0
  const openCall = createQuotaCalls()
  const fields: string[] = []
  const inFlight: Batch[] = []
  /** Stands while something is under way, and a little longer: one timer, where one for each call would cost as much as the call. */
  let watch: NodeJS.Timeout | null = null
  let isHeldBack = false
  let holdBack: NodeJS.Timeout | null = null

  const refreshStamp = async (): Promise<string | null> => {
    try {
      stamp = await readServerStamp(redis)
    } catch (error) {
      stamp = null
      log('quota-stamp-unread', { error })
    }
    return stamp
  }

  const prepareConnection = async (): Promise<void> => {
    try {
      await redis.script('LOAD', QUOTA_SCRIPT.source)
    } catch (error) {
      log('quota-script-not-loaded', { error })
    }
    if ((await refreshStamp()) === null) return
    circuit.succeed()
    for (const listener of readyListeners) listener()
  }
  redis.on('ready', () => void prepareConnection())
  redis.on('close', () => {
    stamp = null
  })

  const finish = (batch: Batch, answerOf: (index: number) => Answer): void => {
    if (batch.isDone) return
    batch.isDone = true
    const index = inFlight.indexOf(batch)
    if (index !== -1) inFlight.splice(index, 1)
    if (isHeldBack && inFlight.length === 0) {
      isHeldBack = false
      scheduleFlush()
    }
    const { waiting } = batch
    for (let index = 0; index < waiting.length; index += 1) waiting[index]?.(answerOf(index))
    // What keeps the batch until the next full collection (see `sendCall`) does not keep the requests that waited for it.
    waiting.length = 0
  }

  const receive = (batch: Batch, reply: unknown): void => {
    circuit.succeed()
    batch.call.reuse()
    if (batch.isDone) return
    if (reply === 'REBUILD') return finish(batch, () => REBUILDING)
    const replies = repliesOf(reply)
    if (replies?.length !== batch.waiting.length) {
      log('quota-reply-unreadable', { orgId: batch.orgId })
      return finish(batch, () => LOST)
    }
    finish(batch, (index) => ({ kind: 'reply', reply: replies[index] ?? '', isStale: batch.isStale }))
  }

  const receiveReply = (batch: Batch): void => {
    const { reply } = batch
    batch.reply = null
    receive(batch, reply)
  }

  const fail = (batch: Batch, error: unknown): void => {
    if (isMissingScript(error) && !batch.isDone) {
      const { orgId, call, stamp: sentStamp } = batch
      redis.eval(QUOTA_SCRIPT.source, 1, epochKey(orgId), keyPrefix(orgId), sentStamp, call.operations()).then(
        (reply) => receive(batch, reply),
        (failure: unknown) => failFinally(batch, failure),
      )
      return
    }
    failFinally(batch, error)
  }
  const failFinally = (batch: Batch, error: unknown): void => {
    if (batch.isDone) return
    circuit.fail(nowMs())
    log('quota-call-failed', { orgId: batch.orgId, error })
    finish(batch, () => LOST)
  }

  /**
   * The reply goes to the batch, and not into the command's promise: V8 makes a function that is assigned to a property in the long-lived heap, as
   * ioredis does one for each command, and so a command lives until the next full collection with all that hangs on it (measured: 200 bytes a
   * request were replies long read).
   */
  const sendCall = (batch: Batch): Promise<unknown> => {
    const command = new Command('evalsha')
    const bytes = batch.call.finish(batch.stamp)
    const write = (): Buffer => bytes
    const conclude = command.resolve
    const take = (reply: unknown): void => {
      batch.reply = decodeReply(reply)
      conclude(null)
    }
    command.toWritable = write
    command.resolve = take
    return Promise.resolve(redis.sendCommand(command))
  }

  /** In one write, and heard together: what the first answers lead to would go out in crumbs while the last are on their way. */
  const sendCalls = async (batches: readonly Batch[]): Promise<void> => {
    const { stream } = redis
    stream.cork()
    let calls: readonly Promise<unknown>[] = []
    try {
      calls = batches.map(sendCall)
    } finally {
      stream.uncork()
    }
    const results = await Promise.allSettled(calls)
    for (const [index, result] of results.entries()) {
      const batch = batches[index]
      if (batch === undefined) continue
      if (result.status === 'fulfilled') receiveReply(batch)
      else fail(batch, result.reason)
    }
  }

  const dispatch = (batches: readonly Batch[]): void => {
    const [first] = batches
    if (first === undefined || batches.length > 1) {
      void sendCalls(batches)
      return
    }
    sendCall(first).then(
      () => receiveReply(first),
      (error: unknown) => fail(first, error),
    )
  }

  const endLate = (): void => {
    const late = [...inFlight].filter((batch) => nowMs() - batch.sentMs >= commandTimeoutMs)
    if (late.length === 0) return
    circuit.fail(nowMs())
    log('quota-call-timed-out', { organizations: late.length, commandTimeoutMs })
    for (const batch of late) finish(batch, () => TIMED_OUT)
  }

  const watchTimeouts = (): void => {
    watch = null
    const [oldest] = inFlight
    if (oldest === undefined) return
    const leftMs = oldest.sentMs + commandTimeoutMs - nowMs()
    if (leftMs > 0) watch = setTimeout(watchTimeouts, Math.ceil(leftMs))
    // After a long turn of the event loop the reply may be waiting in the socket: let it be read before calling it late.
    else
      setImmediate(() => {
        endLate()
        if (watch === null) watchTimeouts()
      })
  }

  const flush = (): void => {
    isFlushScheduled = false
    isHeldBack = false
    const batches = [...full, ...pending.values()]
    if (full.length > 0) full = []
    // Not cleared: a cleared map, too, leaves a table behind that knows the next (see `ChurningMap`).
    pending = new Map()
    const sentMs = nowMs()
    if (redis.status !== 'ready' || stamp === null || !circuit.allows(sentMs)) {
      for (const batch of batches) finish(batch, () => NOT_SENT)
      return
    }
    for (const batch of batches) {
      batch.stamp = stamp
      batch.sentMs = sentMs
      inFlight.push(batch)
    }
    callCount += batches.length
    watch ??= setTimeout(watchTimeouts, commandTimeoutMs)
    dispatch(batches)
  }

  const flushHeldBack = (): void => {
    if (isHeldBack) flush()
  }

  /**
   * While a call is under way, what comes meanwhile waits for its reply (or for 2 ms, should Redis dawdle) and then goes together: under load
   * a few large calls cost a fraction of many small ones, in system calls above all. With nothing under way nothing waits.
   */
  const scheduleFlush = (): void => {
    if (isFlushScheduled || isHeldBack) return
    if (inFlight.length === 0) {
      isFlushScheduled = true
      setImmediate(flush)
      return
    }
    isHeldBack = true
    if (holdBack === null) holdBack = setTimeout(flushHeldBack, HOLD_BACK_MS)
    else holdBack.refresh()
  }

  const openBatch = (orgId: string): Batch => {
    const batch: Batch = {
      orgId,
      call: openCall(orgId),
      stamp: '',
      sentMs: 0,
      waiting: [],
      reply: null,
      isStale: false,
      isDone: false,
    }
    pending.set(orgId, batch)
    return batch
  }

  const send = (orgId: string, write: WriteOperation, hear: Hear): void => {
    fields.length = 0
    write(fields)
    const batch = pending.get(orgId) ?? openBatch(orgId)
    batch.call.add(fields)
    batch.waiting.push(hear)
    if (batch.waiting.length >= MAX_OPERATIONS_PER_CALL) {
      full.push(batch)
      pending.delete(orgId)
    }
    scheduleFlush()
  }

  return {
    redis,
    send,
    ask: (orgId, write) =>
      new Promise((resolve) => {
        send(orgId, write, resolve)
      }),
    markStale: (orgId) => {
      for (const batch of inFlight) if (batch.orgId === orgId) batch.isStale = true
    },
    refreshStamp,
    calls: () => callCount,
    onReady: (listener) => {
      readyListeners.push(listener)
    },
    whenReady: (timeoutMs) => {
      if (stamp !== null) return Promise.resolve(true)
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), timeoutMs)
        readyListeners.push(() => {
          clearTimeout(timer)
          resolve(true)
        })
      })
    },
    close: () => {
      redis.disconnect()
      if (watch !== null) clearTimeout(watch)
      if (holdBack !== null) clearTimeout(holdBack)
      for (const batch of [...inFlight, ...full, ...pending.values()]) finish(batch, () => LOST)
    },
  }
}
