import { expect, test } from 'vitest'
import { createAttempts, type SharedCount } from './attempts.ts'
import { createThrottle } from './throttle.ts'

const rule = { limit: 3, windowMs: 1_000 }

const countInMemory = (): SharedCount & { fail: boolean } => {
  const counts = new Map<string, number>()
  const state = {
    fail: false,
    count: ({ subject }: { subject: string }) => {
      if (state.fail) return Promise.reject(new Error('away'))
      counts.set(subject, (counts.get(subject) ?? 0) + 1)
      return Promise.resolve(counts.get(subject) ?? 0)
    },
    read: (subject: string) =>
      state.fail ? Promise.reject(new Error('away')) : Promise.resolve(counts.get(subject) ?? 0),
    forget: (subject: string) => {
      counts.delete(subject)
      return state.fail ? Promise.reject(new Error('away')) : Promise.resolve()
    },
  }
  return state
}

const startProcess = (shared: SharedCount) =>
  createAttempts({ local: createThrottle(() => 0), shared, onUnreachable: () => undefined })

const takeMany = async (takes: readonly (() => Promise<boolean>)[]) => {
  const results: boolean[] = []
  for (const take of takes) results.push(await take())
  return results
}

test('two dashboards share one limit', async () => {
  const shared = countInMemory()
  const [first, second] = [startProcess(shared), startProcess(shared)]
  const takes = [first, second, first, second].map((each) => () => each.take('ada', rule))
  expect(await takeMany(takes)).toEqual([true, true, true, false])
  expect(await first.isOpen('ada', rule)).toBe(false)
  expect(await first.isOpen('bob', rule)).toBe(true)
})

test('without the shared count each process goes on with what it counted itself', async () => {
  const shared = countInMemory()
  const attempts = startProcess(shared)
  await takeMany([1, 2].map(() => () => attempts.take('ada', rule)))
  shared.fail = true
  expect(await takeMany([1, 2].map(() => () => attempts.take('ada', rule)))).toEqual([true, false])
})

test('success clears both counts', async () => {
  const shared = countInMemory()
  const attempts = startProcess(shared)
  await takeMany([1, 2, 3, 4].map(() => () => attempts.take('ada', rule)))
  await attempts.forget('ada')
  expect(await attempts.take('ada', rule)).toBe(true)
})
