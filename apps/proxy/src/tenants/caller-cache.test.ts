import { describe, expect, it } from 'vitest'
import type { Caller } from '@atpar/core/caller'
import { createCallerCache } from './caller-cache.ts'

const CALLER: Caller = {
  keyId: 'key-1',
  keyName: 'test',
  keyStatus: 'active',
  expiresAtMs: null,
  orgId: 'org-1',
  orgStatus: 'active',
  teamId: null,
  memberId: 'member-1',
  allowedModels: [],
  keyKind: 'member',
  allowedEndpoints: [],
  allowedRoutes: [],
  allowedCidrs: [],
  labels: [],
  guard: null,
  contentDays: 0,
  budgets: [],
  rateLimits: [],
  changeSeq: 1,
}

const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const setUp = () => {
  const state = { nowMs: 0, loads: 0, answer: CALLER as Caller | null, down: false }
  const cache = createCallerCache({
    fingerprint: (text) => text,
    hash: (text) => [new TextEncoder().encode(text)],
    load: () => {
      state.loads += 1
      return state.down ? Promise.reject(new Error('connection refused')) : Promise.resolve(state.answer)
    },
    monotonicMs: () => state.nowMs,
    log: silentLog,
  })
  return { state, cache }
}

describe('caller cache', () => {
  it('asks Postgres once for a key that many ask for at once', async () => {
    const { state, cache } = setUp()
    await Promise.all(Array.from({ length: 50 }, async () => cache.find('k')))
    expect(state.loads).toBe(1)
  })

  it('keeps an answer for as long as the change feed vouches for it', async () => {
    const { state, cache } = setUp()
    await cache.find('k')
    state.nowMs = 4_000
    cache.confirmFresh()
    state.nowMs = 8_000
    await cache.find('k')
    expect(state.loads).toBe(1)
    state.nowMs = 9_001
    await cache.find('k')
    expect(state.loads).toBe(2)
  })

  it('forgets the keys of an organization that changed, and unknown keys with them', async () => {
    const { state, cache } = setUp()
    await cache.find('k')
    state.answer = null
    expect(await cache.find('other')).toBeNull()
    state.answer = { ...CALLER, keyStatus: 'revoked' }
    cache.evict(['org-1'])
    expect((await cache.find('k'))?.keyStatus).toBe('revoked')
    expect(await cache.find('other')).not.toBeNull()
  })

  it('does not let a load that began before an eviction bring the old answer back', async () => {
    let release: (caller: Caller) => void = () => {}
    const answers: Promise<Caller | null>[] = [
      new Promise((resolve) => (release = resolve)),
      Promise.resolve({ ...CALLER, keyStatus: 'revoked' as const }),
    ]
    const cache = createCallerCache({
      fingerprint: (text) => text,
      hash: (text) => [new TextEncoder().encode(text)],
      load: () => answers.shift() ?? Promise.resolve(null),
      monotonicMs: () => 0,
      log: silentLog,
    })
    const early = cache.find('k')
    cache.evict(['org-1'])
    release(CALLER)
    await early
    expect((await cache.find('k'))?.keyStatus).toBe('revoked')
  })

  it("serves a known key while Postgres is down, and calls an unknown one our fault, not the caller's", async () => {
    const { state, cache } = setUp()
    await cache.find('k')
    state.down = true
    state.nowMs = 60_000
    expect(await cache.find('k')).toEqual(CALLER)
    await expect(cache.find('never-seen')).rejects.toMatchObject({ code: 'quota_unavailable', status: 503 })
  })

  it('does not make known keys wait for a Postgres that hangs', async () => {
    let hangs = false
    let loads = 0
    const clock = { nowMs: 0 }
    const cache = createCallerCache({
      fingerprint: (text) => text,
      hash: (text) => [new TextEncoder().encode(text)],
      load: () => {
        loads += 1
        return hangs ? new Promise<never>(() => {}) : Promise.resolve(CALLER)
      },
      monotonicMs: () => clock.nowMs,
      log: silentLog,
    })
    await cache.find('k')
    hangs = true
    clock.nowMs = 60_000
    expect(await cache.find('k')).toEqual(CALLER)
    const loadsBefore = loads
    expect(await cache.find('k')).toEqual(CALLER)
    expect(loads).toBe(loadsBefore)
  })
})
