import { expect, test } from 'vitest'
import { resolveRange } from './range.ts'
import { stackByModel } from './stack.ts'

const range = resolveRange('7d', Date.UTC(2026, 10, 22, 14))
const day = (offset: number) => range.fromMs + offset * 86_400_000
const sumOf = (bars: readonly { readonly values: readonly bigint[] }[]) =>
  bars.flatMap((bar) => bar.values).reduce((sum, value) => sum + value, 0n)

test('each step has a bar, also where nothing happened', () => {
  const { bars, series } = stackByModel([{ stepMs: day(2), modelId: 'a', value: 5n }], range)
  expect(series).toEqual(['a'])
  expect(bars.map((bar) => bar.values)).toEqual([[0n], [0n], [5n], [0n], [0n], [0n], [0n]])
})

test('beyond seven models the smallest are added up as Other, and no money is lost', () => {
  const points = Array.from({ length: 10 }, (_, index) => ({
    stepMs: day(index % 7),
    modelId: `model-${index}`,
    value: BigInt(100 - index),
  }))
  const { bars, series } = stackByModel(points, range)
  expect(series).toHaveLength(8)
  expect(series.at(-1)).toBe('Other')
  expect(sumOf(bars)).toBe(points.reduce((sum, point) => sum + point.value, 0n))
})

test('the largest model comes first', () => {
  const points = [
    { stepMs: day(0), modelId: 'small', value: 1n },
    { stepMs: day(0), modelId: 'large', value: 9n },
  ]
  expect(stackByModel(points, range).series).toEqual(['large', 'small'])
})
