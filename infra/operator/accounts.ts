import { parseArgs } from 'node:util'
import { DAY_MS } from '@atpar/core/durations'
import { createPool, type Pool } from '@atpar/db/pool'
import { readClockOffset } from '../../apps/worker/src/clock.ts'
import { explainLine } from './explain-line.ts'
import { explainRequest } from './explain.ts'
import type { Installation } from './installation.ts'
import { proveOrganization } from './prove-organization.ts'
import { rebuildRollups } from './rebuild-rollups.ts'
import { importFetchedReports, importReportFile, REPORT_FORMATS, tellComparison } from './reconcile.ts'
import { replayJournal } from './replay-journal.ts'

export const ACCOUNTS_USAGE = `  prove [--org <slug>]                                         all proofs of every month of one organization or of all, as a table
  explain <request-id>                                         one request: every step from its units to what Stripe collected
  explain --invoice <number> --line <n>                        one line of an invoice, likewise
  reconcile                                                    compare the providers' reports that were imported with our events
  reconcile <file> --format ${REPORT_FORMATS.join('|')} [--provider <id>]
                                                               import a report from a file first
  reconcile --fetch openai|anthropic [--days 10]               fetch the reports first, by OPENAI_ADMIN_KEY or ANTHROPIC_ADMIN_KEY
  replay-journal <segment or boot folder>                      send a kept journal to Postgres once more; what is there already stays as it is
  rebuild-rollups [--org <slug>] [--period 2026-11] [--write]  sum the roll-ups anew from the events and compare; with --write set what differs`

const prove = async ({ pool, values }: AccountsCall) => {
  const { table, allHold } = await proveOrganization(pool, values.org ?? null)
  return { lines: table, allHold }
}

const COMMANDS = {
  prove: (call) => prove(call),
  proofs: (call) => prove(call),
  explain: async ({ pool, values, argument }) => {
    if (values.invoice === undefined) {
      const requestId = argument ?? values.request
      if (requestId === undefined) throw new Error(`Name a request or an invoice and a line.\n${ACCOUNTS_USAGE}`)
      return { lines: await explainRequest(pool, requestId), allHold: true }
    }
    const position = Number(values.line ?? '1')
    return { lines: await explainLine(pool, { number: values.invoice, position }), allHold: true }
  },
  reconcile: async ({ pool, values, argument, installation }) => {
    const imported: string[] = []
    if (argument !== undefined) {
      const format = REPORT_FORMATS.find((each) => each === values.format)
      if (format === undefined) throw new Error(`--format is one of ${REPORT_FORMATS.join(', ')}.`)
      imported.push(await importReportFile(pool, { path: argument, format, provider: values.provider ?? null }))
    }
    if (values.fetch !== undefined) {
      const source = installation.reportSources.find((each) => each.provider === values.fetch)
      if (source === undefined)
        throw new Error(`There is no admin key for ${values.fetch}: set OPENAI_ADMIN_KEY or ANTHROPIC_ADMIN_KEY.`)
      imported.push(...(await importFetchedReports(pool, source, lastDays(Number(values.days ?? '10')))))
    }
    const { lines, isSound } = await tellComparison(pool, Date.now() + (await readClockOffset(pool)))
    return { lines: [...imported, ...lines], allHold: isSound }
  },
  'replay-journal': async ({ pool, argument }) => {
    if (argument === undefined) throw new Error(`Name a segment or the folder of a boot.\n${ACCOUNTS_USAGE}`)
    const result = await replayJournal(pool, argument)
    return {
      lines: [
        `${result.events} events in ${result.files} ${result.files === 1 ? 'file' : 'files'}: ${result.inserted} were missing and are in now, ${result.events - result.inserted - result.quarantined} were there already, ${result.quarantined} went to quarantine.`,
        ...(result.unreadable === 0 ? [] : [`${result.unreadable} lines hold no record that can be read.`]),
        ...(result.open === 0 ? [] : [`${result.open} attempts began here and did not end here.`]),
      ],
      allHold: result.quarantined === 0 && result.unreadable === 0,
    }
  },
  'rebuild-rollups': async ({ pool, values }) => {
    const period = values.period === undefined ? null : `${values.period.slice(0, 7)}-01`
    const months = await rebuildRollups(pool, { orgSlug: values.org ?? null, period, mayWrite: values.write })
    const wrong = months.filter(({ wrongRows }) => wrongRows > 0)
    return {
      lines: [
        ...wrong.map(
          (month) =>
            `${month.slug} ${month.period.slice(0, 7)}: ${month.wrongRows} ${month.wrongRows === 1 ? 'row' : 'rows'} ${values.write ? 'set to what the events say' : 'wrong; --write sets them to what the events say'}`,
        ),
        `${months.length} months compared, ${wrong.length} differed.`,
      ],
      allHold: wrong.length === 0 || values.write,
    }
  },
} satisfies Record<string, (call: AccountsCall) => Promise<{ lines: readonly string[]; allHold: boolean }>>

interface AccountsCall {
  readonly pool: Pool
  readonly installation: Installation
  readonly argument: string | undefined
  readonly values: ReturnType<typeof readOptions>['values']
}

const lastDays = (days: number): { readonly fromDay: string; readonly untilDay: string } => {
  if (!Number.isInteger(days) || days < 1 || days > 180) throw new Error('--days is a whole number from 1 to 180.')
  const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)
  return { fromDay: dayOf(Date.now() - days * DAY_MS), untilDay: dayOf(Date.now()) }
}

const readOptions = (parameters: readonly string[]) =>
  parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      org: { type: 'string' },
      period: { type: 'string' },
      request: { type: 'string' },
      invoice: { type: 'string' },
      line: { type: 'string' },
      format: { type: 'string' },
      provider: { type: 'string' },
      fetch: { type: 'string' },
      days: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  })

const isCommand = (name: string | undefined): name is keyof typeof COMMANDS => name !== undefined && name in COMMANDS

/** Whether the word is one of these, which have options of their own. */
export const isAccountsCommand = isCommand

/** @returns whether all is well: the exit code. @throws Error with a sentence for the operator. */
export const runAccountsCommand = async (
  parameters: readonly string[],
  installation: Installation,
  print: (line: string) => void,
): Promise<boolean> => {
  const { values, positionals } = readOptions(parameters)
  const [command, argument] = positionals
  if (!isCommand(command)) throw new Error(ACCOUNTS_USAGE)
  const pool = createPool({ url: installation.databaseUrl, max: 2, applicationName: 'atpar-operator' })
  try {
    const { lines, allHold } = await COMMANDS[command]({ pool, installation, argument, values })
    for (const line of lines) print(line)
    return allHold
  } finally {
    await pool.end()
  }
}
