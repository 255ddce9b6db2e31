import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeAttemptBegin, decodeUsageEvent, type TrailStep } from '@atpar/core/usage-event'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isMarkedDead, listSegments, segmentPath } from './boot-files.ts'
import { beginWritten, openJournal, type JournalOptions } from './journal.ts'
import { encodeBegin, encodeEnd, parseLine } from './record-text.ts'
import { encodeSettle, sampleBegin, sampleSettle } from './sample-attempts.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'atpar-journal-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const optionsFor = (overrides: Partial<JournalOptions> = {}): JournalOptions => ({
  directory,
  proxyId: 'proxy-1',
  bootId: randomUUID(),
  pid: process.pid,
  maxSegmentBytes: 1 << 20,
  syncIntervalMs: 20,
  log: () => undefined,
  ...overrides,
})

const folderOf = (options: JournalOptions): string => join(directory, options.proxyId, options.bootId)
const stepOf = (overrides: Partial<TrailStep>): TrailStep => ({
  attempt: 1,
  offeringId: 'openai/gpt-4o-mini',
  provider: 'openai',
  result: 'served',
  reason: 'first choice',
  httpStatus: 200,
  ...overrides,
})

const linesOf = (options: JournalOptions): string[] =>
  listSegments(folderOf(options)).flatMap((segment) =>
    readFileSync(segmentPath(folderOf(options), segment), 'utf8')
      .split('\n')
      .slice(0, -1),
  )

describe('journal', () => {
  it('numbers begins densely from 1 and writes the begins of one turn with one write', async () => {
    let writes = 0
    const options = optionsFor({
      write: (descriptor, bytes, offset) => {
        writes += 1
        return writeSync(descriptor, bytes, offset)
      },
    })
    const journal = await openJournal(options)
    const numbers = await Promise.all([1, 2, 3].map(() => beginWritten(journal, encodeBegin(sampleBegin()))))
    expect(numbers).toEqual([1, 2, 3])
    expect(writes).toBe(1)
    expect(journal.lastSeq()).toBe(3)
    expect(journal.openCount()).toBe(3)
    await journal.end()
  })

  it('holds exactly what was begun and settled, readable by the decoders of core', async () => {
    const options = optionsFor()
    const journal = await openJournal(options)
    const begin = sampleBegin()
    const seq = await beginWritten(journal, encodeBegin(begin))
    const event = sampleSettle(begin, seq, {
      providerStatedCostPusd: 5n as never,
      errorCode: 'with "quotes"',
      serviceTier: 'flex',
      units: {},
    })
    await journal.settle(seq, encodeSettle(event))
    await journal.end()
    const [first, second, third] = linesOf(options).map(parseLine)
    expect(first?.kind === 'begin' && decodeAttemptBegin(first.json)).toEqual(begin)
    expect(second?.kind === 'settle' && decodeUsageEvent(second.json)).toEqual(event)
    expect(third).toEqual({ kind: 'end' })
    expect(journal.openCount()).toBe(0)
  })

  it('writes an end the same whether the text of its begin is at hand or not', () => {
    const begin = sampleBegin()
    const event = sampleSettle(begin, 1, { serviceTier: 'priority' })
    expect(encodeEnd(encodeBegin(begin), event)).toBe(encodeSettle(event))
  })

  it.each([
    ['no bucket', { units: {} }],
    ['several buckets', { units: { input_uncached: 1, cache_read: 2, output_text: 3 } }],
    ['no step', { trail: [] }],
    [
      'a step with words to escape',
      { trail: [stepOf({ offeringId: 'o"\\\n', reason: 'left out: "a", ü', durationMs: 7 })] },
    ],
    ['a step that tells no duration', { trail: [stepOf({})] }],
    ['two steps', { trail: [stepOf({ durationMs: 1 }), stepOf({ attempt: null, result: 'skipped' })] }],
  ])('writes %s as JSON says it', (...[, overrides]) => {
    const event = sampleSettle(sampleBegin(), 1, overrides)
    expect(decodeUsageEvent(encodeSettle(event))).toEqual(event)
  })

  it('has handed the line to the kernel by the time begin resolves', async () => {
    const options = optionsFor()
    const journal = await openJournal(options)
    await beginWritten(journal, encodeBegin(sampleBegin()))
    expect(linesOf(options)).toHaveLength(1)
    await journal.end()
  })

  it('starts a new segment when one is full, without a line lost', async () => {
    const options = optionsFor({ maxSegmentBytes: 1_000 })
    const journal = await openJournal(options)
    for (let count = 0; count < 20; count += 1) await beginWritten(journal, encodeBegin(sampleBegin()))
    await journal.end()
    expect(listSegments(folderOf(options)).length).toBeGreaterThan(4)
    expect(linesOf(options).filter((line) => line.startsWith('b '))).toHaveLength(20)
  })

  it('refuses begins while the disk is full, keeps settles, and goes on densely when there is room again', async () => {
    let room = Number.POSITIVE_INFINITY
    const options = optionsFor({
      write: (descriptor, bytes, offset) => {
        if (room === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
        const taken = Math.min(room, bytes.length - offset)
        room -= taken
        return writeSync(descriptor, bytes, offset, taken)
      },
    })
    const journal = await openJournal(options)
    const first = sampleBegin()
    const seq = await beginWritten(journal, encodeBegin(first))
    room = 300
    const refused = beginWritten(journal, encodeBegin(sampleBegin()))
    await expect(refused).rejects.toThrow('was not sent')
    expect(journal.healthy()).toBe(false)
    await expect(beginWritten(journal, encodeBegin(sampleBegin()))).rejects.toThrow('was not sent')
    const settled = journal.settle(seq, encodeSettle(sampleSettle(first, seq)))
    room = Number.POSITIVE_INFINITY
    await settled
    expect(journal.healthy()).toBe(true)
    expect(await beginWritten(journal, encodeBegin(sampleBegin()))).toBe(3)
    await journal.end()
    expect(linesOf(options).map((line) => line.slice(0, 3))).toEqual(['b 1', 'b 2', 'x 2', 's 1', 'b 3', 'e'])
    expect(linesOf(options).every((line) => parseLine(line).kind !== 'damaged')).toBe(true)
    expect(journal.openCount()).toBe(1)
  })

  it('refuses every begin of a batch that the disk did not take, and delays its settles', async () => {
    let room = Number.POSITIVE_INFINITY
    const options = optionsFor({
      write: (descriptor, bytes, offset) => {
        if (room === 0) throw new Error('no space left')
        return writeSync(descriptor, bytes, offset)
      },
    })
    const journal = await openJournal(options)
    const first = sampleBegin()
    const seq = await beginWritten(journal, encodeBegin(first))
    room = 0
    const settled = journal.settle(seq, encodeSettle(sampleSettle(first, seq)))
    const refused = [2, 3, 4].map(() => journal.begin(encodeBegin(sampleBegin())))
    expect(refused.map((begun) => begun.seq)).toEqual([2, 3, 4])
    for (const { written } of refused) await expect(written).rejects.toThrow('was not sent')
    expect(journal.openCount()).toBe(0)
    room = Number.POSITIVE_INFINITY
    await settled
    await journal.end()
    expect(linesOf(options).map((line) => line.slice(0, 3))).toEqual([
      'b 1',
      's 1',
      'b 2',
      'b 3',
      'b 4',
      'x 2',
      'x 3',
      'x 4',
      'e',
    ])
  })

  it('marks earlier boots of its slot dead, and only of its slot', async () => {
    const other = optionsFor({ proxyId: 'proxy-2' })
    const earlier = optionsFor()
    await (await openJournal(other)).end()
    await (await openJournal(earlier)).end()
    const journal = await openJournal(optionsFor())
    expect(isMarkedDead(folderOf(earlier))).toBe(true)
    expect(isMarkedDead(folderOf(other))).toBe(false)
    await journal.end()
  })

  it('refuses a slot that another running process holds', async () => {
    const options = optionsFor({ pid: process.ppid })
    const held = await openJournal(options)
    await expect(openJournal(optionsFor())).rejects.toThrow('in use by process')
    await held.end()
  })

  it('takes no record after its end', async () => {
    const journal = await openJournal(optionsFor())
    await journal.end()
    await expect(beginWritten(journal, encodeBegin(sampleBegin()))).rejects.toThrow('was not sent')
    await sleep(5)
  })
})
