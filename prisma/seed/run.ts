import { parsePeppers } from '@atpar/crypto/api-key'
import { createDb } from '@atpar/db/client'
import { createPool } from '@atpar/db/pool'
import { readSeedEnv } from '../env.ts'
import { seedCatalogue } from '../seed-catalogue.ts'
import { acme } from './scenarios/acme.ts'
import { demo } from './scenarios/demo.ts'
import { overBudget } from './scenarios/over-budget.ts'
import type { Scenario } from './world.ts'

/** Every scenario has the catalogue; `empty` has nothing else. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  empty: () => Promise.resolve('no organization was seeded'),
  demo,
  acme,
  'over-budget': overBudget,
}

const chooseScenario = (name: string): Scenario => {
  const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined
  if (scenario === undefined)
    throw new Error(`There is no scenario "${name}": choose one of ${Object.keys(SCENARIOS).join(', ')}.`)
  return scenario
}

const seed = async (scenarioName: string | undefined, say: (line: string) => void): Promise<void> => {
  const env = readSeedEnv()
  const scenario = chooseScenario(scenarioName ?? (env.isDemoWanted ? 'demo' : 'empty'))
  const [pepper] = parsePeppers(env.keyPeppers)
  const pool = createPool({ url: env.databaseUrl, max: 2, applicationName: 'atpar-seed' })
  const db = createDb({ url: env.databaseUrl, max: 2, applicationName: 'atpar-seed' })
  try {
    const client = await pool.connect()
    try {
      const catalogue = await seedCatalogue(client)
      say(
        `price book ${catalogue.bookId}: ${catalogue.models} models, ${catalogue.offerings} offerings, ${catalogue.priced} of them priced`,
      )
      if (catalogue.waiting > 0)
        say(`${catalogue.waiting} changes of price wait for an operator: npm run operate -- prices`)
    } finally {
      client.release()
    }
    say(await scenario({ db, pool, pepper, password: env.demoPassword, keyFile: env.demoKeyFile, nowMs: Date.now() }))
  } finally {
    await db.$disconnect()
    await pool.end()
  }
}

try {
  await seed(process.argv[2], (line) => process.stdout.write(`${line}\n`))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exitCode = 1
}
