import { expect, it } from 'vitest'
import { GrowingBuffer, LARGE_BODY_BYTES } from './growing-buffer.ts'

const pieceOf = (index: number, bytes: number): Buffer => Buffer.alloc(bytes, index % 251)

it.each([
  { pieces: 0, bytes: 1, expected: 0 },
  { pieces: 3, bytes: 1_000, expected: 3_000 },
  { pieces: 16, bytes: 65_536, expected: 0 },
  { pieces: 17, bytes: 65_536, expected: 0 },
  { pieces: 100, bytes: 65_536, expected: 100 * 65_536 },
  { pieces: 100, bytes: 65_536, expected: 0 },
  { pieces: 40, bytes: 65_537, expected: 10 },
  { pieces: 1, bytes: 3_000_000, expected: 0 },
])('$pieces pieces of $bytes bytes are one in their order, when $expected were expected', (plan) => {
  const pieces = Array.from({ length: plan.pieces }, (_, index) => pieceOf(index, plan.bytes))
  const growing = new GrowingBuffer(plan.expected)
  for (const piece of pieces) growing.add(piece)
  const whole = growing.take()
  expect(whole.equals(Buffer.concat(pieces))).toBe(true)
  expect(whole.buffer instanceof SharedArrayBuffer).toBe(whole.length > LARGE_BODY_BYTES)
})

it('is a copy, so that a small body keeps no socket’s buffer alive', () => {
  const piece = pieceOf(1, 10)
  const growing = new GrowingBuffer(0)
  growing.add(piece)
  expect(growing.take().buffer).not.toBe(piece.buffer)
})
