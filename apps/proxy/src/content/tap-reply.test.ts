import { expect, it, vi } from 'vitest'
import type { Reply } from '../http/reply.ts'
import { tapReply } from './tap-reply.ts'

const createFakeReply = () => {
  const sent: string[] = []
  let isGone = false
  const send = (bytes: Uint8Array | string) => {
    sent.push(Buffer.from(bytes).toString('utf8'))
    return true
  }
  const reply: Reply = {
    isGone: () => isGone,
    onGone: () => {},
    hasStarted: () => sent.length > 0,
    keepHeaders: () => {},
    sendWhole: (_, __, body) => void send(body),
    sendWire: (_, __, wire) => void send(Buffer.from(wire, 'latin1')),
    sendLast: () => {},
    startStream: () => {},
    write: send,
    onDrain: () => {},
    end: (bytes) => void (bytes === undefined ? undefined : send(bytes)),
    abort: () => {},
  }
  return { reply, sent, leave: () => (isGone = true) }
}

it('passes every byte on, and notes the first of them up to its bound', () => {
  const { reply, sent } = createFakeReply()
  const onBegin = vi.fn()
  const tap = tapReply(reply, { maxBytes: 8, onBegin })
  tap.reply.startStream({})
  const buffer = Buffer.from('hello ')
  tap.reply.write(buffer)
  // Sockets read into the same memory again.
  buffer.fill('#')
  tap.reply.write('world')
  tap.reply.end('!')
  expect(sent.join('')).toBe('hello world!')
  expect(onBegin).toHaveBeenCalledTimes(1)
  const { bytes, ...rest } = tap.answer()
  expect(bytes.toString('utf8')).toBe('hello wo')
  expect(rest).toEqual({ status: 200, isStream: true, isCut: true })
})

it('notes the bytes of a text of bytes', () => {
  const { reply, sent } = createFakeReply()
  const tap = tapReply(reply, { maxBytes: 100, onBegin: () => {} })
  tap.reply.sendWire(200, [], Buffer.from('Grüße').toString('latin1'))
  expect(sent).toEqual(['Grüße'])
  expect(tap.answer()).toEqual({ status: 200, isStream: false, bytes: Buffer.from('Grüße'), isCut: false })
})

it('what is read after the caller left did not reach them, and is not noted', () => {
  const { reply, leave } = createFakeReply()
  const tap = tapReply(reply, { maxBytes: 100, onBegin: () => {} })
  tap.reply.startStream({})
  tap.reply.write('heard')
  leave()
  tap.reply.write('unheard')
  expect(tap.answer().bytes.toString('utf8')).toBe('heard')
})
