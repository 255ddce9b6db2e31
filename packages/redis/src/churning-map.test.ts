import { expect, test } from 'vitest'
import { ChurningMap } from './churning-map.ts'

test.each([
  ['few at a time', 3],
  ['more than go before it is made anew', 700],
])('it holds what a Map holds, in its order, however often it is made anew: %s', (_name, most) => {
  const map = new ChurningMap<number, string>()
  const model = new Map<number, string>()
  for (let index = 0; index < 5_000; index += 1) {
    map.set(index, `value ${index}`)
    model.set(index, `value ${index}`)
    // Not in the order they came in.
    const gone = index - most + (index % 3)
    expect(map.delete(gone)).toBe(model.delete(gone))
    expect([map.has(gone), map.has(index)]).toEqual([false, true])
    expect(map.get(index - 1)).toBe(model.get(index - 1))
    if (index % 100 === 99) {
      expect([...map]).toEqual([...model])
      expect([...map.values()]).toEqual([...model.values()])
    }
  }
  expect(map.delete(-1)).toBe(false)
})
