import { closeSync, fdatasync, openSync, writeSync } from 'node:fs'
import { createBootFolder, journalPosition, segmentPath } from './boot-files.ts'
import { beginMark, END_LINE, refusedLine, settleMark } from './record-text.ts'

/** The proxy's own record of every attempt, the first of two witnesses (the other is the hold in Redis). */
export interface Journal {
  readonly bootId: string
  /**
   * Takes the record's text (Redis is given the same one), to be written with the batch of this moment.
   * @throws Error when the disk refuses already: the request must not be sent.
   */
  begin(text: string): Begun
  /** Likewise; the promise is that of its batch and resolves when it is written. A disk that refuses delays it, nothing is dropped. */
  settle(seq: number, text: string): Promise<void>
  lastSeq(): number
  /** Where the next record will begin, as `journalPosition`: once Postgres shows this much shipped, everything settled until now is there. */
  position(): number
  openCount(): number
  healthy(): boolean
  /** Writes what is queued and the end line, then syncs and closes. */
  end(): Promise<void>
}

export interface Begun {
  /** Dense from 1. */
  readonly seq: number
  /** Of the whole batch: resolves once its lines are handed to the kernel, rejects when the disk refuses, and then the request must not be sent. */
  readonly written: Promise<void>
}

export interface JournalOptions {
  readonly directory: string
  readonly proxyId: string
  readonly bootId: string
  readonly pid: number
  readonly maxSegmentBytes: number
  readonly syncIntervalMs: number
  readonly log: (event: string, fields: Record<string, unknown>) => void
  /** The write itself, replaceable so that a full disk can be acted out. Returns how many bytes it took. */
  readonly write?: (descriptor: number, bytes: Buffer, offset: number) => number
}

/** Waits for the line, too. */
export const beginWritten = async (journal: Pick<Journal, 'begin'>, text: string): Promise<number> => {
  const { seq, written } = journal.begin(text)
  await written
  return seq
}

const RETRY_MS = 100
const BUSY_ATTEMPTS = 24

class JournalUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The journal cannot be written, so the request was not sent.', { cause })
    this.name = 'JournalUnavailableError'
  }
}

/** Its lines are written together, so those who wait for them wait for one promise. */
interface Batch {
  /** Numbers are dense, so the last of them and how many there are tell them all. */
  lastBegin: number
  begins: number
  settles: number
  /** Null where nobody waits. */
  begun: PromiseWithResolvers<void> | null
  settled: PromiseWithResolvers<void> | null
}

const newBatch = (): Batch => ({ lastBegin: 0, begins: 0, settles: 0, begun: null, settled: null })

/** Room for a millisecond's records; more is given back after the write. */
const USUAL_BATCH_BYTES = 256 * 1024
/** Of a UTF-16 unit in UTF-8. */
const MOST_BYTES_PER_UNIT = 3
const LINE_FEED = 0x0a

const writeToDisk = (descriptor: number, bytes: Buffer, offset: number): number => writeSync(descriptor, bytes, offset)

const syncToDisk = (descriptor: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)))
  })

/**
 * Opens a fresh boot in its slot. Writes are plain synchronous `write`s, one per event-loop turn: the bytes are the kernel's when it
 * returns, so they survive `kill -9`; the background fdatasync bounds what a power cut takes. No request waits for the disk.
 */
export const openJournal = (options: JournalOptions): Promise<Journal> =>
  Promise.resolve().then(() => new FileJournal(options))

/** A class because the hot path touches eight fields a call; as closures they cost a context lookup each and read no better. */
class FileJournal implements Journal {
  readonly bootId: string
  readonly #options: JournalOptions
  readonly #folder: string
  readonly #write: NonNullable<JournalOptions['write']>
  readonly #syncTimer: NodeJS.Timeout
  #segment = 1
  #descriptor: number
  #segmentBytes = 0
  #seq = 0
  #open = 0
  #batch = newBatch()
  /** The lines of the batch. Written here as they come, while they are still at hand: put together later, every piece of them is fetched once more. */
  #lines = Buffer.allocUnsafe(USUAL_BATCH_BYTES)
  #lineBytes = 0
  #isFlushScheduled = false
  /** Bytes of an earlier batch that the disk has not taken yet; null = all is well. */
  #remainder: { bytes: Buffer; offset: number; settled: Batch['settled'] } | null = null
  #cause: unknown = null
  #isDirty = false
  #syncing: Promise<void> | null = null
  #syncFailed = false
  #retryTimer: NodeJS.Timeout | undefined
  #isEnded = false
  #isClosed = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.bootId = options.bootId
    this.#write = options.write ?? writeToDisk
    this.#folder = createBootFolder(options)
    this.#descriptor = openSync(segmentPath(this.#folder, this.#segment), 'a')
    this.#syncTimer = setInterval(() => this.#startSync(), options.syncIntervalMs)
    this.#syncTimer.unref()
  }

  begin(text: string): Begun {
    if (this.#remainder !== null || this.#isEnded) throw new JournalUnavailableError(this.#cause)
    this.#seq += 1
    this.#open += 1
    const seq = this.#seq
    this.#addLine(beginMark(seq), text)
    this.#schedule()
    const batch = this.#batch
    batch.lastBegin = seq
    batch.begins += 1
    batch.begun ??= Promise.withResolvers()
    return { seq, written: batch.begun.promise }
  }

  settle(seq: number, text: string): Promise<void> {
    if (this.#isEnded) return Promise.reject(new JournalUnavailableError('The journal has ended.'))
    this.#open -= 1
    this.#addLine(settleMark(seq), text)
    this.#schedule()
    const batch = this.#batch
    batch.settles += 1
    batch.settled ??= Promise.withResolvers()
    return batch.settled.promise
  }

  lastSeq(): number {
    return this.#seq
  }

  position(): number {
    const unwritten = this.#remainder === null ? 0 : this.#remainder.bytes.length - this.#remainder.offset
    return journalPosition(this.#segment, this.#segmentBytes + unwritten + this.#lineBytes)
  }

  openCount(): number {
    return this.#open
  }

  healthy(): boolean {
    return this.#remainder === null && !this.#syncFailed
  }

  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    clearInterval(this.#syncTimer)
    this.#add(END_LINE)
    this.#flush()
    clearTimeout(this.#retryTimer)
    if (this.#remainder !== null)
      this.#options.log('journal-end-unwritten', { bytes: this.#remainder.bytes.length - this.#remainder.offset })
    await this.#syncing
    await syncToDisk(this.#descriptor)
    this.#isClosed = true
    closeSync(this.#descriptor)
  }

  /** In pieces: joined, they would be copied once more before they are written. */
  #addLine(mark: string, text: string): void {
    this.#makeRoom(mark.length + text.length + 1)
    this.#lineBytes += this.#lines.write(mark, this.#lineBytes, 'latin1')
    this.#lineBytes += this.#lines.write(text, this.#lineBytes)
    this.#lines[this.#lineBytes] = LINE_FEED
    this.#lineBytes += 1
  }

  #add(line: string): void {
    this.#makeRoom(line.length)
    this.#lineBytes += this.#lines.write(line, this.#lineBytes, 'latin1')
  }

  #makeRoom(units: number): void {
    const most = this.#lineBytes + units * MOST_BYTES_PER_UNIT
    if (most <= this.#lines.length) return
    const larger = Buffer.allocUnsafe(2 * most)
    this.#lines.copy(larger, 0, 0, this.#lineBytes)
    this.#lines = larger
  }

  #schedule(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    // A write is a system call. With many calls open, those of a millisecond share one; with few, none waits longer than its turn.
    if (this.#open >= BUSY_ATTEMPTS) setTimeout(() => this.#flush(), 1)
    else setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushScheduled = false
    if (this.#isClosed) return
    if (this.#remainder !== null && !this.#writeRemainder()) return
    if (this.#lineBytes === 0) return
    const batch = this.#batch
    const bytes = this.#lines.subarray(0, this.#lineBytes)
    this.#batch = newBatch()
    this.#lineBytes = 0
    const taken = this.#writeAll(bytes, 0)
    if (taken < bytes.length) {
      this.#refuse(batch, Buffer.from(bytes), taken)
      return
    }
    if (this.#lines.length > USUAL_BATCH_BYTES) this.#lines = Buffer.allocUnsafe(USUAL_BATCH_BYTES)
    batch.begun?.resolve()
    batch.settled?.resolve()
    if (this.#segmentBytes >= this.#options.maxSegmentBytes && !this.#isEnded) this.#rotate()
  }

  /** Returns up to where the disk took the bytes; less than all means that it refused. */
  #writeAll(bytes: Buffer, from: number): number {
    let offset = from
    try {
      while (offset < bytes.length) offset += this.#write(this.#descriptor, bytes, offset)
    } catch (error) {
      this.#cause = error
    }
    this.#segmentBytes += offset - from
    this.#isDirty = true
    return offset
  }

  /**
   * The disk took only part of a batch. A reader may already have seen that part, so it cannot be taken back: the rest is kept and goes out
   * first when the disk recovers, and each begin of the batch is followed by an `x` line that says it was never sent.
   */
  #refuse(batch: Batch, bytes: Buffer, taken: number): void {
    const { begins, settles, lastBegin } = batch
    this.#remainder = { bytes, offset: taken, settled: batch.settled }
    this.#options.log('journal-refused', { error: String(this.#cause), begins, settles })
    this.#open -= begins
    for (let seq = lastBegin - begins + 1; seq <= lastBegin; seq += 1) this.#add(refusedLine(seq))
    batch.begun?.reject(new JournalUnavailableError(this.#cause))
    this.#retryLater()
  }

  #writeRemainder(): boolean {
    const remainder = this.#remainder
    if (remainder === null) return true
    remainder.offset = this.#writeAll(remainder.bytes, remainder.offset)
    if (remainder.offset < remainder.bytes.length) {
      this.#retryLater()
      return false
    }
    this.#remainder = null
    this.#cause = null
    remainder.settled?.resolve()
    this.#options.log('journal-recovered', {})
    return true
  }

  #retryLater(): void {
    if (this.#isEnded) return
    this.#retryTimer = setTimeout(() => this.#flush(), RETRY_MS)
    this.#retryTimer.unref()
  }

  #rotate(): void {
    const old = this.#descriptor
    try {
      this.#descriptor = openSync(segmentPath(this.#folder, this.#segment + 1), 'a')
    } catch (error) {
      // The old segment still takes writes; the next batch tries again.
      this.#options.log('journal-rotate-failed', { error: String(error) })
      return
    }
    this.#segment += 1
    this.#segmentBytes = 0
    const before = this.#syncing ?? Promise.resolve()
    this.#syncing = before
      .then(() => syncToDisk(old))
      .catch((error: unknown) => this.#noteSyncFailure(error))
      .finally(() => {
        closeSync(old)
        this.#syncing = null
      })
  }

  #startSync(): void {
    if (!this.#isDirty || this.#syncing !== null) return
    this.#isDirty = false
    this.#syncing = syncToDisk(this.#descriptor)
      .then(() => {
        this.#syncFailed = false
      })
      .catch((error: unknown) => this.#noteSyncFailure(error))
      .finally(() => {
        this.#syncing = null
      })
  }

  #noteSyncFailure(error: unknown): void {
    this.#isDirty = true
    if (!this.#syncFailed) this.#options.log('journal-sync-failed', { error: String(error) })
    this.#syncFailed = true
  }
}
