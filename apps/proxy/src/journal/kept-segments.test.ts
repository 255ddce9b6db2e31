import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBootFolder, listSegments, segmentPath } from './boot-files.ts'
import { dropKept, isConcluded, listAcked, markAcked, markConcluded } from './kept-segments.ts'

let directory: string
let folder: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'atpar-kept-'))
  folder = createBootFolder({ directory, proxyId: 'proxy-1', bootId: randomUUID(), pid: process.pid })
  for (const segment of [1, 2, 3]) writeFileSync(segmentPath(folder, segment), 'x'.repeat(100))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const NOW = 1_800_000_000_000
const ackAt = (segment: number, atMs: number): void => {
  markAcked(folder, segment, segment)
  utimesSync(segmentPath(folder, segment).replace('.log', '.acked'), atMs / 1_000, atMs / 1_000)
}
const UNBOUNDED = Number.MAX_SAFE_INTEGER

describe('kept segments', () => {
  it('go when their time is over, and what is not in Postgres never does', () => {
    ackAt(1, NOW - 10_001)
    ackAt(2, NOW - 9_000)
    expect(dropKept(directory, { keepMs: 10_000, keepBytes: UNBOUNDED }, NOW)).toEqual([])
    expect(listSegments(folder)).toEqual([2, 3])
    dropKept(directory, { keepMs: 0, keepBytes: 0 }, NOW)
    expect(listSegments(folder)).toEqual([3])
    expect(listAcked(folder)).toEqual([])
  })

  it('go from the oldest on when they are more than may be kept', () => {
    ackAt(1, NOW - 3)
    ackAt(2, NOW - 2)
    dropKept(directory, { keepMs: 10_000, keepBytes: 150 }, NOW)
    expect(listSegments(folder)).toEqual([2, 3])
  })

  it('take the folder of a boot that is over with them', () => {
    markConcluded(folder, 3)
    expect(isConcluded(folder)).toBe(true)
    expect(dropKept(directory, { keepMs: 60_000, keepBytes: UNBOUNDED }, Date.now())).toEqual([])
    expect(dropKept(directory, { keepMs: 0, keepBytes: 0 }, NOW)).toEqual([folder])
    expect(existsSync(folder)).toBe(false)
  })
})
