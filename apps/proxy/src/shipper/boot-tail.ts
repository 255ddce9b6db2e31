import { createHash } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { decodeAttemptBegin, killedEvent } from '@atpar/core/usage-event'
import { readUsageRow, rowOf, type UsageRow } from '@atpar/core/usage-row'
import {
  isMarkedDead,
  journalPosition,
  judgeProcess,
  listSegments,
  segmentPath,
  type BootMark,
} from '../journal/boot-files.ts'
import { firstUnackedSegment, markAcked } from '../journal/kept-segments.ts'
import { parseLine } from '../journal/record-text.ts'

/** A line that cannot become an event, on its way to `usage_quarantine`. The id comes from its content, so a replay adds nothing. */
export interface DamagedRecord {
  readonly id: string
  readonly raw: string
  readonly error: string
}

/** What goes to Postgres in one transaction. `ackedSeq`: every begin up to it is terminal once this is committed. */
export interface Shipment {
  /** Events, as they were written. */
  readonly rows: readonly UsageRow[]
  readonly damaged: readonly DamagedRecord[]
  readonly ackedSeq: number
  readonly lastSeq: number
  /** Everything before this `journalPosition` is in Postgres once this is committed. */
  readonly position: number
}

export interface BootTail {
  readonly mark: BootMark
  readonly folder: string
  /** Reads on and returns the next shipment of at most `limit` events, or null when nothing new is there. */
  take(limit: number): Shipment | null
  /** To be called after the commit of the last shipment: marks the segments that are only kept from then on. */
  committed(): void
  /** The boot is over and everything of it was taken. */
  isFinished(): boolean
  unreadBytes(): number
  openAttempts(): number
  close(): void
}

/** A string of more than 128 KiB is memory of its own to V8, got from the system and given back each time. */
const CHUNK_BYTES = 96 * 1024
const LINE_FEED = 10
const JUDGE_EVERY_MS = 500

/** A UUID (version 8, RFC 9562: "custom") out of a hash. */
const idOf = (...parts: readonly string[]): string => {
  const hex = createHash('sha256').update(parts.join('\0')).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

interface OpenAttempt {
  /** Null when the begin line itself was destroyed and only the gap in the numbers tells of it. */
  readonly json: string | null
}

/**
 * Follows one boot's journal. Begins are written in the order of their numbers and densely, which gives two things for free: a number that
 * is skipped is a destroyed line, and everything below the oldest open attempt is terminal (no set of finished numbers has to be kept).
 * `ackedSeq` is what Postgres already has: lines up to it are passed over after a restart.
 */
export const openBootTail = (options: { folder: string; mark: BootMark; ackedSeq: number }): BootTail => {
  const { folder, mark } = options
  const open = new Map<number, OpenAttempt>()
  const settledBeforeBegin = new Set<number>()
  /** Read to their end, waiting for their attempts to become terminal. */
  let readSegments: { number: number; lastBegin: number; takenWith: number }[] = []
  let segment = firstUnackedSegment(folder, options.ackedSeq)
  let descriptor: number | null = null
  let position = 0
  let lines: string[] = []
  let nextLine = 0
  let lastBegin = options.ackedSeq
  let taken = 0
  let hasEndLine = false
  let isConcluded = false
  let acked = options.ackedSeq
  let takenPosition = 0
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES)

  const oldestOpen = (): number | undefined => {
    for (const seq of open.keys()) return seq
    return undefined
  }
  const currentAcked = (): number => Math.max(options.ackedSeq, (oldestOpen() ?? lastBegin + 1) - 1)

  const openSegment = (): boolean => {
    if (descriptor !== null) return true
    const path = segmentPath(folder, segment)
    if (!existsSync(path)) return false
    descriptor = openSync(path, 'r')
    position = 0
    return true
  }

  /** Queues the complete lines behind `position`. What follows the last newline is read again when more of it is there. */
  const readChunk = (): boolean => {
    if (!openSegment() || descriptor === null) return false
    for (;;) {
      const length = readSync(descriptor, buffer, 0, buffer.length, position)
      const end = buffer.subarray(0, length).lastIndexOf(LINE_FEED)
      if (end === -1 && length === buffer.length) {
        buffer = Buffer.allocUnsafe(buffer.length * 2)
        continue
      }
      if (end === -1) return false
      position += end + 1
      lines = buffer.toString('utf8', 0, end).split('\n')
      nextLine = 0
      return true
    }
  }

  const hasUnfinishedLine = (): boolean => descriptor !== null && fstatSync(descriptor).size > position

  const leaveSegment = (): void => {
    if (descriptor !== null) closeSync(descriptor)
    descriptor = null
    position = 0
    readSegments.push({ number: segment, lastBegin, takenWith: taken })
    segment += 1
  }

  const draft = { rows: [] as UsageRow[], damaged: [] as DamagedRecord[] }
  const quarantine = (raw: string, error: unknown): void => {
    draft.damaged.push({
      id: idOf(mark.bootId, segment.toString(), raw),
      raw,
      error: error instanceof Error ? error.message : String(error),
    })
  }

  const takeBegin = (seq: number, json: string | null): void => {
    if (seq <= lastBegin) return
    for (let missing = lastBegin + 1; missing < seq; missing += 1) {
      if (!settledBeforeBegin.delete(missing)) open.set(missing, { json: null })
    }
    lastBegin = seq
    open.set(seq, { json })
  }

  const takeSettle = (seq: number, json: string): void => {
    if (seq <= options.ackedSeq) return
    const begin = open.get(seq)
    if (!open.delete(seq) && seq > lastBegin) settledBeforeBegin.add(seq)
    try {
      draft.rows.push(readUsageRow(json))
    } catch (error) {
      // The hold in Redis is the other witness of this attempt: no event is made up here that could stand in the way of the true one.
      quarantine(`b ${seq} ${begin?.json ?? ''}\ns ${seq} ${json}`, error)
    }
  }

  const takeLine = (line: string): void => {
    const parsed = parseLine(line)
    switch (parsed.kind) {
      case 'begin':
        takeBegin(parsed.seq, parsed.json)
        break
      case 'settle':
        takeSettle(parsed.seq, parsed.json)
        break
      case 'refused':
        open.delete(parsed.seq)
        break
      case 'end':
        hasEndLine = true
        break
      case 'damaged': {
        const begin = parsed.seq === null ? undefined : open.get(parsed.seq)
        quarantine(begin?.json == null ? line : `b ${parsed.seq} ${begin.json}\n${line}`, 'The line cannot be read.')
        if (parsed.seq === null) break
        if (line.startsWith('b')) takeBegin(parsed.seq, null)
        else open.delete(parsed.seq)
        break
      }
    }
  }

  const killOpen = (): void => {
    const segments = listSegments(folder)
    const lastSign = segments.length === 0 ? 0 : statSync(segmentPath(folder, segments.at(-1) ?? 1)).mtimeMs
    for (const [seq, attempt] of open) {
      try {
        if (attempt.json === null) throw new Error(`The begin record ${seq} was destroyed.`)
        const begin = decodeAttemptBegin(attempt.json)
        const origin = { proxyId: mark.proxyId, proxyBootId: mark.bootId, proxySeq: seq }
        draft.rows.push(rowOf(killedEvent(begin, origin, Math.max(begin.startedAtMs, Math.floor(lastSign)))))
      } catch (error) {
        quarantine(`b ${seq} ${attempt.json ?? ''}`, error)
      }
    }
    open.clear()
  }

  /** Looking a process up costs a file read, so not on each of twenty passes a second. */
  let isGone = false
  let judgedAt = Number.NEGATIVE_INFINITY
  const isProcessGone = (): boolean => {
    if (!isGone && performance.now() - judgedAt >= JUDGE_EVERY_MS) {
      judgedAt = performance.now()
      isGone = judgeProcess(mark) === 'gone'
    }
    return isGone
  }
  const isOver = (): boolean => hasEndLine || isMarkedDead(folder) || isProcessGone()

  /** One of: more lines are queued, the next segment is entered, the boot is concluded, or nothing is new. */
  const readOn = (limit: number): boolean => {
    if (readChunk()) return true
    // Both asked before it is read once more: what is true of a writer then stays true, so an empty read afterwards is the end of the file.
    const isRotated = existsSync(segmentPath(folder, segment + 1))
    const wasOver = isOver()
    if (readChunk()) return true
    if (isRotated) {
      if (hasUnfinishedLine()) quarantine(`segment ${segment}, byte ${position}`, 'The segment ends in half a line.')
      leaveSegment()
      return true
    }
    // A torn last line of a boot that is over was never confirmed to anyone.
    if (!wasOver || draft.rows.length >= limit) return false
    killOpen()
    isConcluded = true
    return false
  }

  return {
    mark,
    folder,
    take: (limit) => {
      if (isConcluded) return null
      draft.rows = []
      draft.damaged = []
      const before = { acked, lastBegin, takenPosition }
      while (draft.rows.length < limit) {
        const line = lines[nextLine]
        if (line !== undefined) {
          nextLine += 1
          takeLine(line)
        } else {
          takenPosition = journalPosition(segment, position)
          if (!readOn(limit)) break
        }
      }
      acked = currentAcked()
      taken += 1
      const isFurther =
        acked !== before.acked || lastBegin !== before.lastBegin || takenPosition !== before.takenPosition
      const isNews = draft.rows.length > 0 || draft.damaged.length > 0 || isFurther || isConcluded
      return isNews
        ? { rows: draft.rows, damaged: draft.damaged, ackedSeq: acked, lastSeq: lastBegin, position: takenPosition }
        : null
    },
    committed: () => {
      // Only from the front: then everything below what is kept is terminal, and a restart can tell old lines by their number.
      while (readSegments[0] !== undefined && readSegments[0].lastBegin <= acked && readSegments[0].takenWith < taken) {
        markAcked(folder, readSegments[0].number, readSegments[0].lastBegin)
        readSegments = readSegments.slice(1)
      }
    },
    isFinished: () => isConcluded,
    unreadBytes: () => (descriptor === null ? 0 : fstatSync(descriptor).size - position),
    openAttempts: () => open.size,
    close: () => {
      if (descriptor !== null) closeSync(descriptor)
      descriptor = null
    },
  }
}
