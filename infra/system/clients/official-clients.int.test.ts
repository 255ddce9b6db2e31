import { afterAll, beforeAll, describe, it } from 'vitest'
import { startSystem, type RunningSystem } from '../start-system.ts'
import { createTenant } from '../tenant.ts'
import { CLIENT_CASES } from './all-cases.ts'
import type { ClientStage } from './client-case.ts'

let system: RunningSystem
let stage: ClientStage
beforeAll(async () => {
  system = await startSystem()
  const { key } = await createTenant(system.owner, { name: 'sdk' })
  stage = { proxyUrl: system.proxyUrls[0] ?? '', key }
}, 90_000)
afterAll(() => system.stop())

describe.each(CLIENT_CASES)('$client: $what', ({ models, play }) => {
  it.each(models)('works with %s', (model) => play(stage, model), 30_000)
})
