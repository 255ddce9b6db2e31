import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { readDatabaseUrl } from './env.ts'
import { inTransaction, readPricesInForce, todayUtc, writeCatalogue, writePriceBook } from './seed-catalogue.ts'
import { buildCatalogue } from './seed/prices/catalogue.ts'
import { diffPrices, formatDiff, needsApproval } from './seed/prices/price-diff.ts'

/** `node prisma/import-prices.ts [--dry-run] [--approve NAME]`: proposes today's prices, shows what would change, and writes them as a new book. */
const USAGE = 'usage: node prisma/import-prices.ts [--dry-run] [--approve NAME]'

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** @returns the exit code: 0 written or nothing to do, 2 refused until somebody approves. */
const importPrices = (
  client: Client,
  options: { readonly dryRun: boolean; readonly approvedBy: string | null },
): Promise<number> =>
  inTransaction(client, async () => {
    const today = todayUtc()
    const catalogue = buildCatalogue(today)
    const changes = diffPrices(await readPricesInForce(client), catalogue.prices)
    if (changes.length === 0) {
      say('The prices in force are up to date.')
      return 0
    }
    say(`Dollars per million units.\n${formatDiff(changes)}`)
    const large = changes.filter(needsApproval)
    if (large.length > 0 && options.approvedBy === null) {
      say(
        `\n${large.length} prices (marked !) move by more than ×3. Check them at their source, then run again with --approve YOUR-NAME.`,
      )
      return 2
    }
    if (options.dryRun) {
      say('\nDry run: nothing was written.')
      return 0
    }
    await writeCatalogue(client, catalogue)
    const bookId = await writePriceBook(client, { changes, approvedBy: options.approvedBy ?? 'import-prices', today })
    say(`\nPrice book ${bookId} is in force.`)
    return 0
  })

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      'dry-run': { type: 'boolean', default: false },
      approve: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    say(USAGE)
    return 0
  }
  const client = new Client({ connectionString: readDatabaseUrl() })
  await client.connect()
  try {
    return await importPrices(client, { dryRun: values['dry-run'], approvedBy: values.approve ?? null })
  } finally {
    await client.end()
  }
}

process.exitCode = await main()
