import type { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SPEAKERS } from '../matrix/speakers.ts'
import { startSystem, type RunningSystem } from '../start-system.ts'
import { createTenant } from '../tenant.ts'
import { AIMOCK_TASKS, teachTasks } from './aimock-tasks.ts'
import { AIMOCK_UPSTREAMS, startAimock } from './aimock-upstreams.ts'
import { AIMOCK_CASES, playAimock } from './play-aimock.ts'

const PAIRS = AIMOCK_UPSTREAMS.flatMap((upstream) => SPEAKERS.map((speaker) => ({ upstream, speaker })))

let mock: LLMock
let system: RunningSystem
let door: { readonly proxyUrl: string; readonly key: string }
beforeAll(async () => {
  mock = await startAimock()
  teachTasks(mock)
  system = await startSystem({
    proxyEnv: Object.assign({}, ...AIMOCK_UPSTREAMS.map(({ env }) => env(mock.url))) as Record<string, string>,
  })
  const { key } = await createTenant(system.owner, { name: 'aimock' })
  door = { proxyUrl: system.proxyUrls[0] ?? '', key }
}, 90_000)
afterAll(async () => {
  await system.stop()
  await mock.stop()
})

describe.each(PAIRS)('aimock speaking $upstream.format, to a caller of $speaker.title', ({ upstream, speaker }) => {
  it.each(AIMOCK_CASES)('%s arrive intact', async (what) => {
    expect(await playAimock(door, { speaker, upstream, what })).toEqual([])
  })
})

describe('aimock asked for what is no chat', () => {
  it.each(AIMOCK_TASKS)('$what of $model arrive intact', ({ model, play }) => play(door, model), 30_000)
})
