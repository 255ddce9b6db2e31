import { Command, Redis } from 'ioredis'
import { createCircuit } from './circuit.ts'
import { ignoreConnectionError, reconnectDelayMs } from './client.ts'
import type { QuotaLog, UnavailableCause } from './quota-contract.ts'
import { epochKey, keyPrefix } from './quota-keys.ts'
import { isMissingScript, joinFields, QUOTA_SCRIPT, readServerStamp, type ScriptReply } from './quota-script.ts'

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

export interface QuotaTransport {
  readonly redis: Redis
  /** Joins the organization's script call of this event-loop turn. */
  send(orgId: string, write: (args: string[]) => void): Promise<Answer>
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
  readonly fields: string[]
  stamp: string
  readonly waiting: ((answer: Answer) => void)[]
  group: FlushGroup | null
  /** As it was sent alone; null before, and among the calls of several organizations. */
  command: Command | null
  isStale: boolean
  isDone: boolean
}

/** The calls of one turn share one timer. */
interface FlushGroup {
  timer: NodeJS.Timeout
  open: number
}

/** Keeps one script call short enough not to hold up Redis for everybody else. */
const MAX_OPERATIONS_PER_CALL = 128
const NOT_SENT: Answer = { kind: 'unavailable', cause: 'down', wasSent: false }
const LOST: Answer = { kind: 'unavailable', cause: 'down', wasSent: true }
const TIMED_OUT: Answer = { kind: 'unavailable', cause: 'timeout', wasSent: true }
const REBUILDING: Answer = { kind: 'unavailable', cause: 'rebuilding', wasSent: false }

const HOLD_BACK_MS = 2

const argumentsOf = (batch: Batch): [key: string, prefix: string, stamp: string, fields: string] => [
  epochKey(batch.orgId),
  keyPrefix(batch.orgId),
  batch.stamp,
  joinFields(batch.fields),
]

/** What kept it may keep it until the next full collection (see `forget` in quota.ts), but not the texts of all its operations. */
const letGo = (batch: Batch): void => {
  batch.fields.length = 0
  batch.waiting.length = 0
  if (batch.command !== null) batch.command.args.length = 0
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
  let heldBack: NodeJS.Timeout | undefined
  const inFlight = new Set<Batch>()

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
    inFlight.delete(batch)
    if (heldBack !== undefined && inFlight.size === 0) {
      clearTimeout(heldBack)
      heldBack = undefined
      scheduleFlush()
    }
    if (batch.group !== null) {
      batch.group.open -= 1
      if (batch.group.open === 0) clearTimeout(batch.group.timer)
    }
    for (const [index, resolve] of batch.waiting.entries()) resolve(answerOf(index))
    letGo(batch)
  }

  const receive = (batch: Batch, reply: unknown): void => {
    circuit.succeed()
    if (reply === 'REBUILD') return finish(batch, () => REBUILDING)
    if (!Array.isArray(reply) || reply.length !== batch.waiting.length) {
      log('quota-reply-unreadable', { orgId: batch.orgId })
      return finish(batch, () => LOST)
    }
    const replies = reply as readonly ScriptReply[]
    finish(batch, (index) => ({ kind: 'reply', reply: replies[index] ?? '', isStale: batch.isStale }))
  }

  const fail = (batch: Batch, error: unknown): void => {
    if (isMissingScript(error) && !batch.isDone) {
      redis.eval(QUOTA_SCRIPT.source, 1, ...argumentsOf(batch)).then(
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

  const dispatch = (batches: readonly Batch[]): void => {
    const [first] = batches
    if (first !== undefined && batches.length === 1) {
      const command = new Command('evalsha', [QUOTA_SCRIPT.sha, 1, ...argumentsOf(first)], { replyEncoding: 'utf8' })
      first.command = command
      Promise.resolve(redis.sendCommand(command)).then(
        (reply) => receive(first, reply),
        (error: unknown) => fail(first, error),
      )
      return
    }
    const pipeline = redis.pipeline()
    for (const batch of batches) pipeline.evalsha(QUOTA_SCRIPT.sha, 1, ...argumentsOf(batch))
    pipeline.exec().then(
      (results) => {
        for (const [index, batch] of batches.entries()) {
          const [error, reply] = results?.[index] ?? [
            new Error('the pipeline ended without a result for this call'),
            null,
          ]
          if (error === null) receive(batch, reply)
          else fail(batch, error)
        }
      },
      (error: unknown) => {
        for (const batch of batches) fail(batch, error)
      },
    )
  }

  const watchTimeout = (batches: readonly Batch[]): void => {
    const timer = setTimeout(() => {
      // After a long turn of the event loop the reply may be waiting in the socket: let it be read before calling it late.
      setImmediate(() => {
        const late = batches.filter((batch) => !batch.isDone)
        if (late.length === 0) return
        circuit.fail(nowMs())
        log('quota-call-timed-out', { organizations: late.length, commandTimeoutMs })
        for (const batch of late) finish(batch, () => TIMED_OUT)
      })
    }, commandTimeoutMs)
    const group: FlushGroup = { timer, open: batches.length }
    for (const batch of batches) batch.group = group
  }

  const flush = (): void => {
    isFlushScheduled = false
    clearTimeout(heldBack)
    heldBack = undefined
    const batches = [...full, ...pending.values()]
    full = []
    pending = new Map()
    if (redis.status !== 'ready' || stamp === null || !circuit.allows(nowMs())) {
      for (const batch of batches) finish(batch, () => NOT_SENT)
      return
    }
    for (const batch of batches) {
      batch.stamp = stamp
      inFlight.add(batch)
    }
    callCount += batches.length
    watchTimeout(batches)
    dispatch(batches)
  }

  /**
   * While a call is under way, what comes meanwhile waits for its reply (or for 2 ms, should Redis dawdle) and then goes together: under load
   * a few large calls cost a fraction of many small ones, in system calls above all. With nothing under way nothing waits.
   */
  const scheduleFlush = (): void => {
    if (isFlushScheduled) return
    if (inFlight.size === 0) {
      isFlushScheduled = true
      setImmediate(flush)
    } else heldBack ??= setTimeout(flush, HOLD_BACK_MS)
  }

  const openBatch = (orgId: string): Batch => {
    const batch: Batch = {
      orgId,
      fields: [],
      stamp: '',
      waiting: [],
      group: null,
      command: null,
      isStale: false,
      isDone: false,
    }
    pending.set(orgId, batch)
    return batch
  }

  return {
    redis,
    send: (orgId, write) =>
      new Promise((resolve) => {
        const batch = pending.get(orgId) ?? openBatch(orgId)
        write(batch.fields)
        batch.waiting.push(resolve)
        if (batch.waiting.length >= MAX_OPERATIONS_PER_CALL) {
          full.push(batch)
          pending.delete(orgId)
        }
        scheduleFlush()
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
      for (const batch of [...inFlight, ...full, ...pending.values()]) finish(batch, () => LOST)
    },
  }
}
