import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { createBooks, NO_USAGE, readBooksFile, sumBillableUsage } from './books.ts'

const folder = mkdtempSync(join(tmpdir(), 'books-'))
afterAll(() => rmSync(folder, { recursive: true }))

const opening = (providerRequestId: string) => ({
  provider: 'openai' as const,
  providerRequestId,
  endpoint: '/x',
  callerRequestId: null,
  keySha256: null,
})
const closing = {
  status: 200,
  usage: { ...NO_USAGE, input_uncached: 7, output_text: 3 },
  ending: 'complete' as const,
  billable: true,
  finalUsageSent: true,
}

test('an entry is open from its start and closes once', () => {
  const books = createBooks({ maxEntries: 10, now: () => new Date(0) })
  const entry = books.begin(opening('a'))
  expect(books.entries()).toMatchObject([{ number: 1, ending: 'open', billable: false, endedAt: null }])
  books.finish(entry, closing)
  books.finish(entry, { ...closing, ending: 'error', usage: NO_USAGE })
  expect(books.entries()).toMatchObject([{ ending: 'complete', usage: { input_uncached: 7 } }])
})

test('entries are copies: a reader cannot change the books', () => {
  const books = createBooks({ maxEntries: 10, now: () => new Date(0) })
  books.finish(books.begin(opening('a')), closing)
  const [copy] = books.entries()
  if (copy !== undefined) copy.usage.output_text = 999
  expect(sumBillableUsage(books.entries()).output_text).toBe(3)
})

test('entries since a time leave the earlier ones out', () => {
  let time = 1_000
  const books = createBooks({ maxEntries: 10, now: () => new Date(time) })
  books.begin(opening('a'))
  time = 2_000
  books.begin(opening('b'))
  expect(books.entries({ since: new Date(2_000) }).map((entry) => entry.providerRequestId)).toEqual(['b'])
})

test('entries that no longer fit are counted', () => {
  const books = createBooks({ maxEntries: 4, now: () => new Date(0) })
  for (const id of 'abcdefgh') books.begin(opening(id))
  expect(books.entries().length + books.countDropped()).toBe(8)
  expect(books.countDropped()).toBeGreaterThan(0)
})

test('the file holds each entry as it last stood', () => {
  const filePath = join(folder, 'books.jsonl')
  const books = createBooks({ filePath, maxEntries: 10, now: () => new Date(0) })
  books.finish(books.begin(opening('a')), closing)
  books.begin(opening('b'))
  books.flush()
  expect(readBooksFile(filePath)).toEqual(books.entries())
})

test('only billable entries are summed', () => {
  const books = createBooks({ maxEntries: 10, now: () => new Date(0) })
  books.finish(books.begin(opening('a')), closing)
  books.finish(books.begin(opening('b')), { ...closing, billable: false })
  expect(sumBillableUsage(books.entries())).toEqual({ ...NO_USAGE, input_uncached: 7, output_text: 3 })
})
