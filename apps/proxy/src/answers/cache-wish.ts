import { AppError } from '@atpar/core/errors'

/** What a request says of the response cache. */
export interface CacheWish {
  /** False: neither look nor keep. */
  readonly isOn: boolean
  /** Do not look, but keep: the next one finds the new answer. */
  readonly refresh: boolean
  readonly ttlSeconds: number
  readonly streams: boolean
  readonly tools: boolean
}

const MAX_CACHE_SECONDS = 86_400
const USUAL_SECONDS = 300
const TTL = /^ttl=(\d{1,6})$/

/**
 * `x-atpar-cache: on`, `off`, `refresh`, `ttl=600`, and `streams` or `tools` for what is not kept otherwise; several with commas between them.
 * Null when the header says nothing. @throws AppError `invalid_request` naming the word that is none.
 */
export const readCacheWish = (header: string | undefined): CacheWish | null => {
  if (header === undefined || header.trim() === '') return null
  let wish: CacheWish = { isOn: true, refresh: false, ttlSeconds: USUAL_SECONDS, streams: false, tools: false }
  for (const word of header.split(',').map((part) => part.trim().toLowerCase())) {
    const seconds = Number(TTL.exec(word)?.[1] ?? Number.NaN)
    if (word === 'on') wish = { ...wish, isOn: true }
    else if (word === 'off') wish = { ...wish, isOn: false }
    else if (word === 'refresh') wish = { ...wish, refresh: true }
    else if (word === 'streams') wish = { ...wish, streams: true }
    else if (word === 'tools') wish = { ...wish, tools: true }
    else if (seconds >= 1 && seconds <= MAX_CACHE_SECONDS) wish = { ...wish, ttlSeconds: seconds }
    else
      throw new AppError('invalid_request', {
        param: 'x-atpar-cache',
        message: `"${word.slice(0, 40)}" in x-atpar-cache is not understood. Use on, off, refresh, streams, tools or ttl=<1 to ${MAX_CACHE_SECONDS} seconds>.`,
      })
  }
  return wish
}

/** What an organization set for its keys, where the request says nothing. */
export const wishOfPolicy = (cacheSeconds: number | null): CacheWish | null =>
  cacheSeconds === null ? null : { isOn: true, refresh: false, ttlSeconds: cacheSeconds, streams: false, tools: false }
