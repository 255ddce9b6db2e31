import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { nanoUsd } from '@atpar/core/money'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRedis, waitUntilReady, type Redis } from './client.ts'
import { createQuota } from './quota.ts'
import type { Quota } from './quota-contract.ts'
import { budgetCounter, createTruth, reserveInput, silentLog } from './quota-fixtures.ts'

/** A wire to Redis whose replies can be held back, to make the moment last in which a reply is under way. */
interface SlowWire {
  readonly url: string
  /** Of every connection that carried `text` towards Redis. */
  readonly holdReplies: (text: string) => void
  readonly letGo: () => void
  readonly close: () => void
}

const openSlowWire = async (port: number): Promise<SlowWire> => {
  const sockets: Socket[] = []
  const kept: (() => void)[] = []
  let heldText: string | null = null
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1' })
    sockets.push(client, upstream)
    let isHeld = false
    client.on('data', (bytes: Buffer) => {
      if (heldText !== null && bytes.includes(heldText)) isHeld = true
      upstream.write(bytes)
    })
    upstream.on('data', (bytes: Buffer) => {
      if (isHeld && heldText !== null) kept.push(() => client.write(bytes))
      else client.write(bytes)
    })
    for (const socket of [client, upstream]) {
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    holdReplies: (text) => {
      heldText = text
    },
    letGo: () => {
      heldText = null
      for (const write of kept.splice(0)) write()
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

let server: TestRedis
let redis: Redis
let wire: SlowWire
let quota: Quota
beforeEach(async () => {
  server = await startTestRedis()
  redis = createRedis({ url: server.url, connectionName: 'test' })
  await waitUntilReady(redis, 5_000)
  wire = await openSlowWire(server.port)
  const truth = createTruth()
  quota = createQuota({
    url: wire.url,
    bootId: 'boot-1',
    clock: { nowMs: Date.now },
    commandTimeoutMs: 2_000,
    areLeasesOff: true,
    rebuild: truth.sources('boot-1', () => quota.openHolds('org-1')),
    log: silentLog,
  })
  await quota.whenReady(5_000)
  await quota.readStates('org-1', [budgetCounter()])
})
afterEach(async () => {
  await quota.close()
  wire.close()
  redis.disconnect()
  await server.stop()
})

const askForReport = async (): Promise<void> => {
  await redis.publish('atpar:rebuild', JSON.stringify({ orgId: 'org-1', nonce: 'test' }))
  await sleep(100)
}

describe('a reply that was under way while this process reported to a rebuild', () => {
  it('does not make a hold: it is in no report, so the new data does not have it', async () => {
    wire.holdReplies('request-1:1')
    const reserving = quota.reserve(reserveInput({ amount: nanoUsd(5n) }))
    await sleep(50)
    expect(await redis.hget('q:{org-1}:h:request-1:1', 'st')).toBe('held')
    await askForReport()
    expect(JSON.parse((await redis.hget('q:{org-1}:rb:test', 'boot-1')) ?? '')).toMatchObject({
      bootId: 'boot-1',
      holds: [],
    })
    wire.letGo()
    expect(await reserving).toEqual({ kind: 'unavailable', cause: 'rebuilding' })
    await quota.drain(2_000)
    expect(await quota.readStates('org-1', [budgetCounter()])).toMatchObject([{ held: 0n }])
  })

  it('does not make an extension', async () => {
    await quota.reserve(reserveInput({ amount: nanoUsd(5n) }))
    wire.holdReplies('request-1:1')
    const extending = quota.extend('org-1', 'request-1:1', { amount: nanoUsd(3n), tokens: 0 })
    await sleep(50)
    await askForReport()
    wire.letGo()
    expect(await extending).toBe('unavailable')
    expect(quota.openHolds('org-1')).toMatchObject([{ amount: 5n }])
  })
})
