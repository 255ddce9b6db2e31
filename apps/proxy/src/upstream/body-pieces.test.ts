import { expect, it } from 'vitest'
import { headOfPieces, openPieces } from './body-pieces.ts'

const PIECES = [Buffer.alloc(700_000, 'a'), Buffer.from('"new"'), Buffer.alloc(3, 'b')]
const WHOLE = Buffer.concat(PIECES).toString()

const readAll = async (body: AsyncIterable<Buffer>): Promise<readonly Buffer[]> => {
  const slices: Buffer[] = []
  for await (const slice of body) slices.push(slice)
  return slices
}

it('pieces are sent whole, in their order and no large one at once, and again for the next attempt', async () => {
  for (const _attempt of [1, 2]) {
    const { body, headers } = openPieces(PIECES)
    const slices = await readAll(body)
    expect(Buffer.concat(slices).toString() === WHOLE).toBe(true)
    expect(headers).toEqual({ 'content-length': String(WHOLE.length) })
    expect(Math.max(...slices.map(({ length }) => length))).toBeLessThanOrEqual(256 * 1024)
  }
})

it('nothing is read of pieces that nobody takes', () => {
  const { body } = openPieces(PIECES)
  body.read(0)
  expect(body.readableLength).toBeLessThanOrEqual(256 * 1024)
})

it.each([0, 10, 700_003, 1_000_000])('the first %i bytes are those of the whole', (bytes) => {
  expect(Buffer.from(headOfPieces(PIECES, bytes)).toString()).toBe(WHOLE.slice(0, bytes))
})
