import { describe, expect, it } from 'vitest'
import { SCENARIOS } from './scenarios/table.ts'
import { startSystem } from './start-system.ts'

const SEED = 20_261_122
/** Quick ones whose faults no other test acts out; `npm run prove -- money` plays all of them, and in full. */
const HERE = [13, 14, 15, 19, 26, 32]

describe('with a fault in the middle of a mix, books, proofs and answers are right', () => {
  it.each(SCENARIOS.filter(({ number }) => HERE.includes(number)))(
    'scenario $number: $fault',
    async (scenario) => {
      const system = await startSystem(scenario.system)
      try {
        const { troubles } = await scenario.play(system, { seed: SEED, size: 'small' })
        expect(troubles).toEqual([])
      } finally {
        await system.stop()
      }
    },
    180_000,
  )
})
