import { expect, it } from 'vitest'
import { createBodyRoom } from './body-room.ts'

it('bodies beyond the room are refused with 503 until others give theirs back, once', () => {
  const room = createBodyRoom(100)
  const share = room.take(60)
  expect(() => room.take(41)).toThrow(expect.objectContaining({ code: 'overloaded', retryable: true }))
  const other = room.take(40)
  share.keep(0)
  share.keep(0)
  expect(room.takenBytes()).toBe(40)
  room.take(60)
  other.keep(0)
  expect(room.takenBytes()).toBe(60)
})

it('a body that turns out smaller keeps only its size', () => {
  const room = createBodyRoom(100)
  const share = room.take(100)
  share.keep(30)
  share.keep(80)
  expect(room.takenBytes()).toBe(30)
})
