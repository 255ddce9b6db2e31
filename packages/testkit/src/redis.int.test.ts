import { connect } from 'node:net'
import { answersPing } from '@atpar/tooling/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestRedis, type TestRedis } from './redis.ts'

/** One command in Redis' inline form; this package's tests need no client library. */
function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', reject)
    socket.once('connect', () => socket.write(`${command}\r\n`))
    socket.once('data', (bytes) => {
      socket.destroy()
      resolve(bytes.toString().trim())
    })
  })
}

describe('startTestRedis', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startTestRedis({ appendonly: true })
  })
  afterAll(() => redis.stop())

  it('never evicts', async () => {
    expect(await ask(redis.port, 'CONFIG GET maxmemory-policy')).toContain('noeviction')
  })

  it('is gone after kill9 and back on the same port after restart, with what its file kept', async () => {
    await ask(redis.port, 'SET kept yes')
    await redis.kill9()
    expect(await answersPing({ port: redis.port })).toBe(false)
    await redis.restart()
    expect(await ask(redis.port, 'GET kept')).toContain('yes')
  })

  it('gives each caller an instance of its own', async () => {
    const other = await startTestRedis()
    await ask(other.port, 'SET mine yes')
    expect(await ask(redis.port, 'EXISTS mine')).toBe(':0')
    await other.stop()
    expect(await answersPing({ port: other.port })).toBe(false)
  })
})
