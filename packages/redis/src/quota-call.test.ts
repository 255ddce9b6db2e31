import { describe, expect, it } from 'vitest'
import { createQuotaCalls } from './quota-call.ts'
import { FIELD_END, QUOTA_SCRIPT } from './quota-script.ts'

/** Reads a command as Redis does: by the lengths, never by what stands between. */
const readCommand = (bytes: Buffer): string[] => {
  let at = 0
  const readCount = (mark: string): number => {
    const end = bytes.indexOf('\r\n', at)
    const line = bytes.toString('utf8', at, end)
    expect(line).toMatch(new RegExp(`^\\${mark}\\d+$`))
    at = end + 2
    return Number(line.slice(1))
  }
  const parts = Array.from({ length: readCount('*') }, () => {
    const length = readCount('$')
    const text = bytes.toString('utf8', at, at + length)
    expect(bytes.toString('utf8', at + length, at + length + 2)).toBe('\r\n')
    at += length + 2
    return text
  })
  expect(at).toBe(bytes.length)
  return parts
}

describe('a call of the quota script', () => {
  it('is one EVALSHA whose lengths count bytes, whatever its texts are written in', () => {
    const call = createQuotaCalls()('org-1')
    call.add(['x', 'request-1:1'])
    call.add(['n', 'request-2:1', '{"name":"Grüße, 東京 🗼"}'])
    expect(readCommand(call.finish('run/replica'))).toEqual([
      'evalsha',
      QUOTA_SCRIPT.sha,
      '1',
      'q:{org-1}:epoch',
      'q:{org-1}:',
      'run/replica',
      ['x', 'request-1:1', 'n', 'request-2:1', '{"name":"Grüße, 東京 🗼"}', ''].join(FIELD_END),
    ])
  })

  it('grows with what it has to say', () => {
    const call = createQuotaCalls()('org-1')
    const long = 'ü'.repeat(100_000)
    for (let index = 0; index < 3; index += 1) call.add(['n', String(index), long])
    expect(readCommand(call.finish('stamp')).at(-1)).toBe(
      ['n', '0', long, 'n', '1', long, 'n', '2', long, ''].join(FIELD_END),
    )
  })

  it('says nothing of the call whose buffer it takes over', () => {
    const openCall = createQuotaCalls()
    const before = openCall('org-1')
    before.add(['n', 'request-1:1', 'secret'.repeat(100)])
    before.finish('stamp')
    before.reuse()
    const after = openCall('org-2')
    after.add(['x', 'request-2:1'])
    expect(readCommand(after.finish('stamp')).slice(3)).toEqual([
      'q:{org-2}:epoch',
      'q:{org-2}:',
      'stamp',
      `x${FIELD_END}request-2:1${FIELD_END}`,
    ])
  })

  it('keeps its bytes to itself until it gives them up', () => {
    const openCall = createQuotaCalls()
    const [first, second] = [openCall('org-1'), openCall('org-1')]
    first.add(['x', 'one'])
    second.add(['x', 'two'])
    const told = first.finish('stamp')
    second.finish('stamp')
    expect(readCommand(told).at(-1)).toBe(`x${FIELD_END}one${FIELD_END}`)
    expect(first.operations().toString()).toBe(`x${FIELD_END}one${FIELD_END}`)
  })
})
