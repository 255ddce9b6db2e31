import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FEATURE_IDS } from './features.ts'
import { startMatrixSystem, type MatrixSystem } from './matrix-system.ts'
import { playCell } from './play-cell.ts'
import { findRefusal } from './refusals.ts'
import { playSameFormat } from './same-format.ts'
import { SPEAKERS } from './speakers.ts'
import { UPSTREAMS } from './upstreams.ts'

const PAIRS = SPEAKERS.flatMap((speaker) => UPSTREAMS.map((upstream) => ({ speaker, upstream })))

let stage: MatrixSystem
beforeAll(async () => {
  stage = await startMatrixSystem()
}, 90_000)
afterAll(() => stage.stop())

describe.each(PAIRS)('from $speaker.title to $upstream.title', ({ speaker, upstream }) => {
  it.each(FEATURE_IDS)(
    '%s works, or is refused as documented',
    async (feature) => {
      const cell = { speaker, upstream, feature }
      expect(await playCell(stage, cell)).toEqual(
        findRefusal(cell) === null ? { kind: 'passes' } : { kind: 'refused', code: 'unsupported_parameter' },
      )
    },
    30_000,
  )
})

describe.each(PAIRS.filter(({ speaker, upstream }) => speaker.id === upstream.dialect))(
  '$speaker.title on both sides',
  ({ speaker, upstream }) => {
    it('has the same bytes on both sides but for the model’s name and the cost, unknown fields included', async () => {
      expect(await playSameFormat(stage, speaker, upstream)).toEqual([])
    })
  },
)
