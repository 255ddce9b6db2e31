import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FEATURE_IDS } from './features.ts'
import { startMatrixSystem, type MatrixSystem } from './matrix-system.ts'
import { playCell } from './play-cell.ts'
import { findRefusal } from './refusals.ts'
import type { CallerDialectId, ProviderDialectId } from '@atpar/dialects/contract'
import { SPEAKERS } from './speakers.ts'
import { UPSTREAMS } from './upstreams.ts'

const PAIRS = (Object.keys(SPEAKERS) as CallerDialectId[]).flatMap((caller) =>
  (Object.keys(UPSTREAMS) as ProviderDialectId[]).map((provider) => ({ caller, provider })),
)

let stage: MatrixSystem
beforeAll(async () => {
  stage = await startMatrixSystem()
}, 90_000)
afterAll(() => stage.stop())

describe.each(PAIRS)('a caller that speaks $caller at a provider that speaks $provider', ({ caller, provider }) => {
  it.each(FEATURE_IDS)(
    'gets %s, or the refusal that is documented',
    async (feature) => {
      const cell = { caller, provider, feature }
      expect(await playCell(stage, cell)).toEqual(
        findRefusal(cell) === null ? { kind: 'passes' } : { kind: 'refused', code: 'unsupported_parameter' },
      )
    },
    30_000,
  )
})
