import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeUsageEvent, type UsageEvent } from '@atpar/core/usage-event'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBootFolder, listSegments, readBootMark, segmentPath, type BootMark } from '../journal/boot-files.ts'
import { beginWritten, openJournal } from '../journal/journal.ts'
import { listAcked } from '../journal/kept-segments.ts'
import { END_LINE, encodeBegin } from '../journal/record-text.ts'
import { beginLine, encodeSettle, sampleBegin, sampleSettle, settleLine } from '../journal/sample-attempts.ts'
import { openBootTail, type BootTail, type Shipment } from './boot-tail.ts'

let directory: string
let folder: string
let mark: BootMark
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'atpar-tail-'))
  folder = createBootFolder({ directory, proxyId: 'proxy-1', bootId: randomUUID(), pid: process.pid })
  const written = readBootMark(folder)
  if (written === null) throw new Error('The boot has no mark.')
  mark = written
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const write = (text: string, segment = 1): void => appendFileSync(segmentPath(folder, segment), text)
const die = (): void => writeFileSync(join(folder, 'dead'), '')
const tailFrom = (ackedSeq = 0): BootTail => openBootTail({ folder, mark, ackedSeq })
const pair = (seq: number): { begin: string; settle: string } => {
  const begin = sampleBegin()
  return {
    begin: beginLine(seq, encodeBegin(begin)),
    settle: settleLine(seq, encodeSettle(sampleSettle(begin, seq, { proxyBootId: mark.bootId }))),
  }
}

const takeAll = (tail: BootTail, limit = 500): Shipment[] => {
  const shipments: Shipment[] = []
  for (let shipment = tail.take(limit); shipment !== null; shipment = tail.take(limit)) {
    shipments.push(shipment)
    tail.committed()
  }
  return shipments
}

const eventsOf = ({ rows }: Shipment): UsageEvent[] => rows.map(decodeUsageEvent)
const readable = (shipment: Shipment | null) => shipment && { ...shipment, events: eventsOf(shipment) }

describe('boot tail', () => {
  it('ships settled attempts and counts as acked only what lies below the oldest open one', () => {
    const [one, two, three] = [pair(1), pair(2), pair(3)]
    const tail = tailFrom()
    write(one.begin + two.begin + three.begin + two.settle)
    expect(readable(tail.take(500))).toMatchObject({ ackedSeq: 0, lastSeq: 3, events: [{ proxySeq: 2 }] })
    write(one.settle)
    expect(readable(tail.take(500))).toMatchObject({ ackedSeq: 2, lastSeq: 3, events: [{ proxySeq: 1 }] })
    expect(tail.openAttempts()).toBe(1)
    expect(tail.take(500)).toBeNull()
    expect(tail.isFinished()).toBe(false)
  })

  it('waits for the rest of a line that is still being written', () => {
    const one = pair(1)
    const tail = tailFrom()
    write(one.begin + one.settle.slice(0, 40))
    expect(takeAll(tail).flatMap(eventsOf)).toHaveLength(0)
    write(one.settle.slice(40))
    expect(takeAll(tail).flatMap(eventsOf)).toHaveLength(1)
  })

  it('ends what a dead boot left open as killed, billing nothing', () => {
    const [one, two] = [pair(1), pair(2)]
    write(one.begin + two.begin + one.settle)
    die()
    const tail = tailFrom()
    const shipments = takeAll(tail)
    const events = shipments.flatMap(eventsOf)
    expect(events.map((event) => [event.proxySeq, event.outcome, event.billedPusd])).toEqual([
      [1, 'ok', 27_000_000n],
      [2, 'killed', 0n],
    ])
    expect(shipments.at(-1)).toMatchObject({ ackedSeq: 2, lastSeq: 2 })
    expect(tail.isFinished()).toBe(true)
  })

  it('ends what is open after an end line, without waiting for the process to go', () => {
    write(pair(1).begin + END_LINE)
    const tail = tailFrom()
    expect(takeAll(tail).flatMap(eventsOf)).toMatchObject([{ outcome: 'killed' }])
    expect(tail.isFinished()).toBe(true)
  })

  it('is sound wherever the last line of a dead boot was cut: one terminal event per begun attempt, none made up', () => {
    const [one, two] = [pair(1), pair(2)]
    const whole = one.begin + two.begin + one.settle
    die()
    const bytes = Buffer.from(whole + two.settle)
    for (let length = Buffer.byteLength(whole); length <= bytes.length; length += 1) {
      writeFileSync(segmentPath(folder, 1), bytes.subarray(0, length))
      const tail = tailFrom()
      const shipments = takeAll(tail)
      const events = shipments.flatMap(eventsOf)
      const isComplete = length === bytes.length
      expect(events.map((event) => [event.proxySeq, event.outcome])).toEqual([
        [1, 'ok'],
        [2, isComplete ? 'ok' : 'killed'],
      ])
      expect(shipments.flatMap((each) => each.damaged)).toEqual([])
      expect(shipments.at(-1)?.ackedSeq).toBe(2)
      tail.close()
    }
  }, 60_000)

  it('sets a damaged line aside and lets the others pass, whichever byte of the middle is hit', () => {
    const [one, two, three] = [pair(1), pair(2), pair(3)]
    const before = one.begin + two.begin
    const whole = Buffer.from(before + one.settle + two.settle + three.begin + three.settle)
    die()
    const from = Buffer.byteLength(before)
    for (const at of [from, from + 1, from + 2, from + 4, from + Buffer.byteLength(one.settle) - 2]) {
      const hit = Buffer.from(whole)
      hit[at] = 0
      writeFileSync(segmentPath(folder, 1), hit)
      const tail = tailFrom()
      const shipments = takeAll(tail)
      const settled = shipments.flatMap(eventsOf).filter((event) => event.outcome === 'ok')
      expect(settled.map((event) => event.proxySeq)).toEqual([2, 3])
      expect(shipments.flatMap((each) => each.damaged)).toHaveLength(1)
      expect(shipments.at(-1)).toMatchObject({ ackedSeq: 3, lastSeq: 3 })
      tail.close()
    }
  })

  it('gives a damaged line the same id on every replay', () => {
    write('s 1 {"requestId": broken\n')
    die()
    const ids = [tailFrom(), tailFrom()].map((tail) =>
      takeAll(tail).flatMap((each) => each.damaged.map((record) => record.id)),
    )
    expect(ids[0]).toHaveLength(1)
    expect(ids[0]).toEqual(ids[1])
  })

  it('notices a begin line that was destroyed by the gap in the numbers', () => {
    const [one, three] = [pair(1), pair(3)]
    write(one.begin + one.settle + '\u0000\u0000\u0000\n' + three.begin + three.settle)
    const tail = tailFrom()
    expect(takeAll(tail).at(-1)).toMatchObject({ ackedSeq: 1, lastSeq: 3 })
    die()
    const last = takeAll(tail)
    expect(last.flatMap((each) => each.damaged)).toMatchObject([{ error: 'The begin record 2 was destroyed.' }])
    expect(last.at(-1)?.ackedSeq).toBe(3)
  })

  it('gives a segment free only when all of its attempts are committed and the boot has moved on', () => {
    const [one, two, three] = [pair(1), pair(2), pair(3)]
    const tail = tailFrom()
    write(one.begin + two.begin + two.settle)
    takeAll(tail)
    write(three.begin + three.settle, 2)
    takeAll(tail)
    expect(listAcked(folder)).toEqual([])
    write(one.settle, 2)
    const shipment = tail.take(500)
    expect(shipment?.ackedSeq).toBe(3)
    expect(listAcked(folder)).toEqual([])
    tail.committed()
    expect(listAcked(folder)).toEqual([1])
    expect(listSegments(folder)).toEqual([1, 2])
  })

  it('ships again from a kept segment what Postgres has lost, and passes over unread what it has', () => {
    const [one, two, three] = [pair(1), pair(2), pair(3)]
    write(one.begin + one.settle + two.begin + two.settle)
    write(three.begin + three.settle, 2)
    takeAll(tailFrom())
    expect(listAcked(folder)).toEqual([1])
    const seqsFrom = (ackedSeq: number) =>
      takeAll(tailFrom(ackedSeq)).flatMap((each) => eventsOf(each).map((event) => event.proxySeq))
    expect(seqsFrom(1)).toEqual([2, 3])
    writeFileSync(segmentPath(folder, 1), 'never read')
    expect(seqsFrom(2)).toEqual([3])
  })

  it('after a restart passes over what Postgres has and still knows what is open', () => {
    const [one, two, three] = [pair(1), pair(2), pair(3)]
    write(one.begin + one.settle + two.begin + three.begin + three.settle)
    const tail = tailFrom(1)
    expect(takeAll(tail).map(readable)).toMatchObject([{ ackedSeq: 1, lastSeq: 3, events: [{ proxySeq: 3 }] }])
    expect(tail.openAttempts()).toBe(1)
  })

  it('follows a journal through its rotations in batches, and each attempt comes out once', async () => {
    const live = {
      directory,
      proxyId: 'proxy-2',
      bootId: randomUUID(),
      pid: process.pid,
      maxSegmentBytes: 20_000,
      syncIntervalMs: 50,
      log: () => undefined,
    }
    const journal = await openJournal(live)
    const liveFolder = join(directory, 'proxy-2', live.bootId)
    const liveMark = readBootMark(liveFolder)
    if (liveMark === null) throw new Error('The boot has no mark.')
    const tail = openBootTail({ folder: liveFolder, mark: liveMark, ackedSeq: 0 })
    const seen: number[] = []
    let shippedPosition = 0
    const follow = (): void => {
      for (const shipment of takeAll(tail, 7)) {
        seen.push(...eventsOf(shipment).map((event) => event.proxySeq))
        shippedPosition = shipment.position
      }
    }
    for (let round = 0; round < 100; round += 1) {
      const begin = sampleBegin()
      const seq = await beginWritten(journal, encodeBegin(begin))
      await journal.settle(seq, encodeSettle(sampleSettle(begin, seq)))
      if (round % 9 === 0) follow()
    }
    follow()
    expect(shippedPosition).toBe(journal.position())
    await journal.end()
    follow()
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect(tail.isFinished()).toBe(true)
    expect(listSegments(liveFolder).length - listAcked(liveFolder).length).toBeLessThan(3)
    expect(readFileSync(join(liveFolder, 'boot.json'), 'utf8')).toContain(live.bootId)
  })
})
