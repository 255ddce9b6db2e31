import type { Figure } from '../bench/figures.ts'
import type { Scenario } from '../system/scenarios/scenario.ts'
import { SCENARIOS } from '../system/scenarios/table.ts'
import { startSystem } from '../system/start-system.ts'
import { figuresOrReason } from './figures-or-reason.ts'
import type { ProveOptions } from './options.ts'

/** One of each kind of fault, for a run of under a minute; all of them are asked for by number or without `--quick`. */
const QUICK = [13, 20]

/** Each fault scenario on a system of its own, a figure for each; or the one that was asked for. */
export const proveScenarios = async (options: ProveOptions): Promise<readonly Figure[]> => {
  const chosen = SCENARIOS.filter(({ number }) =>
    options.scenario === null ? !options.quick || QUICK.includes(number) : options.scenario === number,
  )
  if (chosen.length === 0)
    throw new RangeError(
      `There is no scenario ${options.scenario}. Scenarios: ${SCENARIOS.map(({ number }) => number).join(', ')}.`,
    )
  const figures: Figure[] = []
  for (const scenario of chosen) {
    options.note(`scenario ${scenario.number}: ${scenario.fault}`)
    figures.push(
      ...(await figuresOrReason(`scenario ${scenario.number}: ${scenario.fault}`, async () => [
        await proveScenario(scenario, options),
      ])),
    )
  }
  return figures
}

const MOST_SHOWN = 3

const proveScenario = async (scenario: Scenario, { quick, seed }: ProveOptions): Promise<Figure> => {
  const system = await startSystem(scenario.system)
  try {
    const { seen, troubles } = await scenario.play(system, { seed, size: quick ? 'small' : 'full' })
    return {
      name: `scenario ${scenario.number}: ${scenario.fault}`,
      value: `${seen}${troubles.length === 0 ? '' : `; ${troubles.length} troubles: ${troubles.slice(0, MOST_SHOWN).join('; ')}`}`,
      reach: `${scenario.reach}; books, proofs and answers right`,
      ok: troubles.length === 0,
    }
  } finally {
    await system.stop()
  }
}
