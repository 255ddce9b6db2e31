import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCanarySystem } from '../canary/play-canary.ts'
import type { MatrixSystem } from '../matrix/matrix-system.ts'
import { CLIENT_CASES } from './all-cases.ts'

// The stage of `npm run prove -- gateway`, so that what stands between proxy and provider there is held to the same cases.
let stage: MatrixSystem
beforeAll(async () => {
  stage = await startCanarySystem()
}, 90_000)
afterAll(() => stage.stop())

describe.each(CLIENT_CASES)('$client: $what', ({ models, play }) => {
  it.each(models)('works with %s', (model) => play(stage, model), 30_000)
})

it('the wire has seen the handshake of a conversation in sound', () => {
  const handshake = stage.wire.all().find(({ headers }) => headers.upgrade === 'websocket')
  expect(handshake).toMatchObject({ method: 'GET', status: 101 })
  expect(handshake?.path).toContain('/openai/v1/realtime')
})
