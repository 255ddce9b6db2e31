import { buffer } from 'node:stream/consumers'
import { inflateRawSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { writeZip, type ZipEntry } from './zip.ts'

const entry = (name: string, ...pieces: string[]): ZipEntry => ({ name, content: () => pieces })

afterEach(() => vi.unstubAllEnvs())

describe('the archive of an invoice', () => {
  it('is the same byte for byte whenever it is made, wherever the clock stands', async () => {
    const make = () => buffer(writeZip([entry('a.txt', 'one, ', 'two'), entry('b.txt', 'three')]))
    vi.stubEnv('TZ', 'Asia/Tokyo')
    const inTokyo = await make()
    vi.stubEnv('TZ', 'America/New_York')
    const inNewYork = await make()
    expect(inNewYork.equals(inTokyo)).toBe(true)
    const start = 30 + inTokyo.readUInt16LE(26) + inTokyo.readUInt16LE(28)
    expect(inflateRawSync(inTokyo.subarray(start), { finishFlush: 2 }).toString()).toBe('one, two')
  })

  it('begins an entry when those before it are written', async () => {
    const order: string[] = []
    const noting = (name: string): ZipEntry => ({
      name,
      content: function* () {
        order.push(`${name} begins`)
        yield name
        order.push(`${name} ends`)
      },
    })
    await buffer(writeZip([noting('usage'), noting('prices')]))
    expect(order).toEqual(['usage begins', 'usage ends', 'prices begins', 'prices ends'])
  })

  it('that breaks half-way is no archive', async () => {
    const broken: ZipEntry = {
      name: 'usage',
      content: function* () {
        yield 'a row'
        throw new Error('the database is away')
      },
    }
    await expect(buffer(writeZip([entry('first', 'text'), broken]))).rejects.toThrow('the database is away')
  })
})
