import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPortFrom, findRandomPort, isPortFree } from './ports.mjs'

describe('ports', () => {
  const server = createServer()
  let taken: number
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    taken = (server.address() as AddressInfo).port
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  it('a port somebody listens on is not free, and is free once nobody does', async () => {
    expect(await isPortFree(taken)).toBe(false)
    expect(await isPortFree(await findRandomPort())).toBe(true)
  })

  it('gives none twice, and none that the kernel gives to outgoing connections', async () => {
    const ports = await Promise.all(Array.from({ length: 200 }, () => findRandomPort()))
    expect(new Set(ports).size).toBe(200)
    expect(Math.max(...ports)).toBeLessThan(32_768)
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000)
  })

  it('looks upwards past ports in use and ports promised to others', async () => {
    const next = await findPortFrom(taken)
    expect(next).toBeGreaterThan(taken)
    expect(await findPortFrom(taken, { taken: new Set([next]) })).toBeGreaterThan(next)
  })
})
