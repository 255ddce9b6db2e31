import type { SealedContent } from '@atpar/db/kept-contents'
import { expect, it } from 'vitest'
import { createContentQueue, type ContentItem } from './content-queue.ts'

const item = (requestId: string, more: Partial<ContentItem> = {}): ContentItem => ({
  orgId: 'org',
  requestId,
  holderId: 'team',
  bytes: 10,
  describe: () => Promise.resolve({ request: { messages: [], isCut: false }, answer: null }),
  ...more,
})

const start = (write: (contents: readonly SealedContent[]) => Promise<unknown>) => {
  const counted = { kept: 0, dropped: 0, failed: 0 }
  const warnings: unknown[] = []
  const queue = createContentQueue({
    seal: (_, plain) => ({ sealed: plain, sealingKeyId: 'k' }),
    write,
    count: (result, contents) => {
      counted[result] += contents
    },
    warn: (event, fields) => warnings.push([event, fields]),
    // Time is no part of what is promised here.
    wait: () => new Promise(setImmediate),
  })
  /** Until all that was added has come to its end. */
  const finish = async (all: number): Promise<void> => {
    while (counted.kept + counted.dropped + counted.failed < all) await new Promise(setImmediate)
  }
  return { queue, counted, warnings, finish }
}

it('adds at once, writes later, in the order of the requests', async () => {
  const written: string[] = []
  const { queue, counted, finish } = start((contents) => {
    written.push(...contents.map(({ requestId }) => requestId))
    return Promise.resolve()
  })
  for (let number = 0; number < 70; number += 1) queue.add(item(String(number)))
  expect(written).toEqual([])
  await finish(70)
  expect(written).toEqual(Array.from({ length: 70 }, (_, number) => String(number)))
  expect(counted).toEqual({ kept: 70, dropped: 0, failed: 0 })
})

it('drops and counts what there is no room for, and takes on again once there is', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { queue, counted, finish } = start(() => promise)
  for (let number = 0; number < 1_003; number += 1) queue.add(item(String(number)))
  expect(counted.dropped).toBe(3)
  queue.add(item('large', { bytes: 33 * 1024 * 1024 }))
  expect(counted.dropped).toBe(4)
  resolve()
  await finish(1_004)
  queue.add(item('after'))
  await finish(1_005)
  expect(counted).toEqual({ kept: 1_001, dropped: 4, failed: 0 })
})

it('tries again while the database is away, then gives up and says so', async () => {
  let isAway = 2
  const { queue, counted, finish } = start(() => {
    isAway -= 1
    return isAway >= 0 ? Promise.reject(new Error('gone')) : Promise.resolve()
  })
  queue.add(item('a'))
  await finish(1)
  expect(counted).toMatchObject({ kept: 1, failed: 0 })
  isAway = 100
  queue.add(item('b'))
  await finish(2)
  expect(counted).toMatchObject({ kept: 1, failed: 1 })
})

it('one that cannot be read takes no other with it, and its words are in no warning', async () => {
  const written: string[] = []
  const { queue, counted, warnings, finish } = start((contents) => {
    written.push(...contents.map(({ requestId }) => requestId))
    return Promise.resolve()
  })
  queue.add(item('bad', { describe: () => Promise.reject(new SyntaxError('unexpected SECRET')) }))
  queue.add(item('good'))
  await finish(2)
  expect(written).toEqual(['good'])
  expect(counted).toEqual({ kept: 1, dropped: 0, failed: 1 })
  expect(JSON.stringify(warnings)).toContain('SyntaxError')
  expect(JSON.stringify(warnings)).not.toContain('SECRET')
})
