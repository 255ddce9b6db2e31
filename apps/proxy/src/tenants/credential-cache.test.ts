import { createLogger } from '@atpar/observability/logger'
import type { CredentialNote, SealedCredential } from '@atpar/db/sealed-credentials'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ProviderTarget } from '../upstream/targets.ts'
import { createCredentialCache, type CredentialCache, type OwnAccess, type OwnCredentials } from './credential-cache.ts'

const credential = (
  credentialId: string,
  more: Partial<SealedCredential> = {},
  secretVersion = 1,
): SealedCredential => ({
  credentialId,
  providerId: 'openai',
  preference: 'prefer',
  endpoint: null,
  secret: { orgId: 'org', credentialId, secretVersion, sealingKeyId: 'k', sealed: Buffer.from('sealed') },
  ...more,
})

let nowMs: number
let loads: number
let opens: number
let stored: readonly SealedCredential[]
let isDown: boolean
let notes: CredentialNote[]
let cache: CredentialCache

beforeEach(() => {
  ;[nowMs, loads, opens, stored, isDown, notes] = [0, 0, 0, [credential('a'), credential('b')], false, []]
  cache = createCredentialCache({
    load: () => {
      loads += 1
      return isDown ? Promise.reject(new Error('Postgres is down')) : Promise.resolve(stored)
    },
    open: (providerId) => {
      opens += 1
      return { providerId } as ProviderTarget
    },
    note: (note) => {
      notes.push(note)
      return Promise.resolve(note.isRefusal)
    },
    monotonicMs: () => nowMs,
    log: createLogger({ service: 'test', level: 'fatal' }),
  })
})

const found = async (): Promise<OwnCredentials> => {
  const own = await cache.find('org')
  if (own === null) throw new Error('credentials were expected')
  return own
}
const idsOf = async (): Promise<readonly string[]> =>
  (await found()).accessesOf('openai').map(({ credentialId }) => credentialId)
const access = async (): Promise<OwnAccess> => {
  const [first] = (await found()).accessesOf('openai')
  if (first === undefined) throw new Error('an access was expected')
  return first
}

describe('endpoints of one’s own', () => {
  const model = {
    name: 'llama',
    upstreamModel: 'their-llama',
    task: 'chat',
    reasoning: false,
    contextTokens: null,
    maxOutputTokens: null,
    inputPusd: null,
    outputPusd: null,
    createdAtMs: 1,
  } as const
  const house = (more: Partial<SealedCredential> = {}): SealedCredential =>
    credential('house', { providerId: 'custom', endpoint: { name: 'house', models: [model] }, ...more })

  it('serve their own models, and stand in for no other credential of that provider', async () => {
    stored = [house(), credential('plain', { providerId: 'custom' })]
    const own = await found()
    expect([...(own.catalogue?.models.keys() ?? [])]).toEqual(['custom/house/llama'])
    expect(own.accessesOf('custom').map(({ credentialId }) => credentialId)).toEqual(['plain'])
    expect(own.endpointAccess('house')?.credentialId).toBe('house')
    expect(own.endpointAccess('plain')).toBeNull()
  })

  it('that are off or refuse their key cannot be called, and their models are known all the same', async () => {
    stored = [house({ secret: null, preference: 'only' })]
    const own = await found()
    expect([own.endpointAccess('house'), own.catalogue?.models.size, own.isOnlyOwn('custom')]).toEqual([null, 1, false])
    stored = [house()]
    cache.evict(['org'])
    const access = (await found()).endpointAccess('house')
    if (access === null) throw new Error('an access was expected')
    cache.noteFailure(access, { code: 'upstream_unauthorized', status: 401 })
    expect((await found()).endpointAccess('house')).toBeNull()
  })

  it('of an organization without any, there is no catalogue', async () => {
    expect((await found()).catalogue).toBeNull()
  })
})

describe('own credentials', () => {
  it('are read and opened once however many calls ask, and none are asked for twice where there are none', async () => {
    await Promise.all([found(), found(), found()])
    expect(await idsOf()).toEqual(['a', 'b'])
    expect([loads, opens]).toEqual([1, 2])
    stored = []
    cache.evict(['org'])
    expect([await cache.find('org'), await cache.find('org')]).toEqual([null, null])
    expect(loads).toBe(2)
  })

  it('are in memory for five minutes at most without being opened anew, and read anew only when they changed', async () => {
    await found()
    for (; nowMs <= 5 * 60_000; nowMs += 2_000) {
      cache.confirmFresh()
      await found()
    }
    expect([loads, opens]).toEqual([1, 4])
    stored = [credential('c')]
    cache.evict(['another'])
    expect(await idsOf()).toEqual(['a', 'b'])
    cache.evict(['org'])
    expect(await idsOf()).toEqual(['c'])
  })

  it('go on serving without waiting while Postgres is away, but only those that were known', async () => {
    await found()
    isDown = true
    nowMs += 60_000
    expect(await idsOf()).toEqual(['a', 'b'])
    await expect(async () => cache.find('stranger')).rejects.toMatchObject({ code: 'quota_unavailable' })
    nowMs += 60 * 60_000
    await expect(async () => cache.find('org')).rejects.toMatchObject({ code: 'quota_unavailable' })
  })

  it('that were evicted while being read are read again', async () => {
    const early = cache.find('org')
    cache.evict(['org'])
    stored = [credential('new')]
    await early
    expect(await idsOf()).toEqual(['new'])
  })

  it('that a provider refuses are not used again by this process, and said to be refused once', async () => {
    const refused = await access()
    cache.noteFailure(refused, { code: 'upstream_unauthorized', status: 401 })
    expect(await idsOf()).toEqual(['b'])
    expect(notes).toMatchObject([
      { credentialId: 'a', secretVersion: 1, isRefusal: true, error: 'upstream_unauthorized', httpStatus: 401 },
    ])
    // Replaced: the next version is another key.
    stored = [credential('a', {}, 2), credential('b')]
    cache.evict(['org'])
    expect(await idsOf()).toEqual(['a', 'b'])
  })

  it('whose account is out of money, or whose provider is slow, are not refused for it', async () => {
    const own = await access()
    cache.noteFailure(own, { code: 'upstream_unauthorized', status: 402 })
    cache.noteFailure(own, { code: 'upstream_timeout', status: 0 })
    expect(await idsOf()).toEqual(['a', 'b'])
    expect(notes.map(({ isRefusal, httpStatus }) => [isRefusal, httpStatus])).toEqual([
      [false, 402],
      [false, null],
    ])
  })

  it('are noted as used once a minute, however often they serve', async () => {
    const own = await access()
    for (let call = 0; call < 100; call += 1) cache.noteServed(own)
    nowMs += 60_000
    cache.noteServed(own)
    expect(notes).toHaveLength(2)
  })

  it('keep the platform out where one says so, even while it is refused', async () => {
    stored = [credential('a', { preference: 'only', secret: null }), credential('g', { providerId: 'gemini' })]
    const own = await found()
    expect(own.accessesOf('openai')).toEqual([])
    expect([own.isOnlyOwn('openai'), own.isOnlyOwn('gemini')]).toEqual([true, false])
  })
})
