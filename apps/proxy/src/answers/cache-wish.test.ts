import { expect, it } from 'vitest'
import { readCacheWish } from './cache-wish.ts'

it('without the header nothing is wished', () => {
  expect([readCacheWish(undefined), readCacheWish(' ')]).toEqual([null, null])
})

it('tools and streams are kept only when asked for', () => {
  expect(readCacheWish('on')).toMatchObject({
    isOn: true,
    refresh: false,
    ttlSeconds: 300,
    streams: false,
    tools: false,
  })
  expect(readCacheWish('TTL=60, streams,tools')).toMatchObject({
    isOn: true,
    ttlSeconds: 60,
    streams: true,
    tools: true,
  })
  expect(readCacheWish('refresh')).toMatchObject({ isOn: true, refresh: true })
  expect(readCacheWish('off')).toMatchObject({ isOn: false })
})

it.each(['yes', 'ttl=0', 'ttl=86401', 'ttl=1e3', 'ttl=-1', 'on,', 'ttl=99999999999'])(
  '"%s" is refused by name',
  (header) => {
    expect(() => readCacheWish(header)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'x-atpar-cache' }),
    )
  },
)
