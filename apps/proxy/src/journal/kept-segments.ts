import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listBootFolders, listSegments, segmentPath } from './boot-files.ts'

/**
 * A segment whose every attempt is in Postgres is kept for a while: a standby that lacks the last transactions may take over, and then this is
 * where they come back from. `000000001.acked` beside it holds the last number that began in it; `concluded` is in a folder of which nothing more is to
 * be shipped.
 */
const ACKED = /^(\d{9})\.acked$/
const CONCLUDED = 'concluded'

const ackedPath = (folder: string, segment: number): string => segmentPath(folder, segment).replace(/log$/, 'acked')

export const markAcked = (folder: string, segment: number, lastBegin: number): void =>
  writeFileSync(ackedPath(folder, segment), lastBegin.toString())

interface AckedSegment {
  readonly folder: string
  readonly segment: number
  readonly ackedAtMs: number
  readonly bytes: number
}

export const listAcked = (folder: string): number[] =>
  readdirSync(folder)
    .flatMap((name) => {
      const number = ACKED.exec(name)?.[1]
      return number === undefined ? [] : [Number(number)]
    })
    .toSorted((one, other) => one - other)

/** The first segment in which something behind `ackedSeq` may stand: those before it are passed over unread. */
export const firstUnackedSegment = (folder: string, ackedSeq: number): number => {
  const segments = listSegments(folder)
  const acked = new Set(listAcked(folder))
  const first = segments.find(
    (segment) => !acked.has(segment) || Number(readFileSync(ackedPath(folder, segment), 'utf8')) > ackedSeq,
  )
  return first ?? (segments.at(-1) ?? 0) + 1
}

export const isConcluded = (folder: string): boolean => existsSync(join(folder, CONCLUDED))

/** Everything of this boot is in Postgres: all that is left of it is only kept. */
export const markConcluded = (folder: string, lastBegin: number): void => {
  const acked = new Set(listAcked(folder))
  for (const segment of listSegments(folder)) if (!acked.has(segment)) markAcked(folder, segment, lastBegin)
  writeFileSync(join(folder, CONCLUDED), '')
}

/** Postgres has lost some of it: it is to be shipped again. */
export const unmarkConcluded = (folder: string): void => rmSync(join(folder, CONCLUDED), { force: true })

const readAckedSegments = (folder: string): AckedSegment[] =>
  listAcked(folder).map((segment) => ({
    folder,
    segment,
    ackedAtMs: statSync(ackedPath(folder, segment)).mtimeMs,
    bytes: statSync(segmentPath(folder, segment), { throwIfNoEntry: false })?.size ?? 0,
  }))

export interface KeepingLimits {
  readonly keepMs: number
  readonly keepBytes: number
}

/** Deletes what has been kept long enough, and the oldest of what is too much. @returns the folders that are gone with it */
export const dropKept = (journalDirectory: string, limits: KeepingLimits, nowMs: number): readonly string[] => {
  const folders = listBootFolders(journalDirectory)
  const kept = folders
    .flatMap(readAckedSegments)
    .toSorted((one, other) => other.ackedAtMs - one.ackedAtMs || other.segment - one.segment)
  let bytes = 0
  for (const { folder, segment, ackedAtMs, bytes: size } of kept) {
    bytes += size
    if (nowMs - ackedAtMs < limits.keepMs && bytes <= limits.keepBytes) continue
    rmSync(segmentPath(folder, segment), { force: true })
    rmSync(ackedPath(folder, segment), { force: true })
  }
  const gone = folders.filter((folder) => isConcluded(folder) && listSegments(folder).length === 0)
  for (const folder of gone) rmSync(folder, { recursive: true, force: true })
  return gone
}
