import { parseArgs } from 'node:util'
import { printFigures, type Figure } from '../bench/figures.ts'
import { proveFoundation } from './foundation.ts'
import { proveGateway } from './gateway.ts'
import { proveMoney } from './money.ts'
import type { ProveOptions } from './options.ts'
import { proveTeams } from './teams.ts'

/** One entry per area; each measures, none asserts what it did not measure. */
const PROOFS: Readonly<Record<string, (options: ProveOptions) => Promise<readonly Figure[]>>> = {
  foundation: proveFoundation,
  gateway: proveGateway,
  money: proveMoney,
  teams: proveTeams,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    requests: { type: 'string' },
    scenario: { type: 'string' },
    only: { type: 'string' },
  },
})
const name = positionals[0] ?? ''
const prove = PROOFS[name]
if (prove === undefined) {
  process.stderr.write(
    `There is no proof called "${name}". Proofs: ${Object.keys(PROOFS).join(', ')}. For example: npm run prove -- foundation --quick\n`,
  )
  process.exit(2)
}
const seed = values.seed === undefined ? Math.floor(Date.now() % 1_000_000_000) : Number(values.seed)
process.stdout.write(`seed ${seed}\n`)
let isStopped = false
// Once: a second one ends the process as usual.
process.once('SIGINT', () => {
  isStopped = true
  process.stderr.write('  stopping after this part; once more to end at once\n')
})
const numberOrNull = (text: string | undefined): number | null => (text === undefined ? null : Number(text))
const figures = await prove({
  quick: values.quick,
  seed,
  requests: numberOrNull(values.requests),
  scenario: numberOrNull(values.scenario),
  only: values.only ?? null,
  isStopped: () => isStopped,
  note: (line) => process.stderr.write(`  ${line}\n`),
})
process.exit(printFigures(figures, (line) => process.stdout.write(`${line}\n`)))
