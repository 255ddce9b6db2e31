import { parseArgs } from 'node:util'
import { parseUsd } from '@atpar/core/money'
import { diffPrices, formatDiff, needsPerson } from '@atpar/core/price-change'
import { priceKeyOf, type PriceRow } from '@atpar/core/price-row'
import { USAGE_BUCKETS, type UsageBucket } from '@atpar/core/usage'
import type { Pool } from '@atpar/db/pool'
import {
  approvePriceLines,
  listOpenLines,
  proposePrices,
  readPricesInForce,
  rejectPriceLines,
  type FiledProposal,
  type ProposalLine,
} from '@atpar/db/price-proposals'
import { proposeTodaysPrices } from '@atpar/prisma/seed-catalogue'
import { inTransaction } from '../../apps/worker/src/billing/transaction.ts'

export const PRICES_USAGE = `  prices                                                       the changes of price that wait for a decision
  prices import                                                compare with the price package and the overlay, and propose what differs
  prices propose --offering <id> --bucket <bucket> --usd-per-million 0.15 --from 2026-11-05 --source <url>
                 [--context-from 200001] [--service-tier priority] [--minimum-units 10]
  prices approve --by <name> [--proposal <id>] [--offering <id>] [--small]
  prices reject --by <name> [--proposal <id>] [--offering <id>]
                                                               --small takes only what moves by at most ×3`

export interface PriceCommand {
  /** As the worker's role. */
  readonly pool: Pool
  readonly parameters: readonly string[]
  readonly print: (line: string) => void
  /** Today, `YYYY-MM-DD`. */
  readonly today: string
  /** Proxies notice a new book by themselves within two seconds; this makes it at once. */
  readonly publishChange: () => Promise<void>
}

const OPTIONS = {
  offering: { type: 'string' },
  bucket: { type: 'string' },
  'usd-per-million': { type: 'string' },
  from: { type: 'string' },
  source: { type: 'string' },
  'context-from': { type: 'string', default: '0' },
  'service-tier': { type: 'string' },
  'minimum-units': { type: 'string', default: '0' },
  proposal: { type: 'string' },
  by: { type: 'string' },
  small: { type: 'boolean', default: false },
} as const

const parse = (parameters: readonly string[]) =>
  parseArgs({ args: [...parameters], allowPositionals: true, options: OPTIONS })
type Values = ReturnType<typeof parse>['values']

const need = (values: Values, name: 'offering' | 'bucket' | 'usd-per-million' | 'from' | 'source' | 'by'): string => {
  const value = values[name]
  if (value === undefined || value.trim() === '') throw new Error(`--${name} is missing.\n${PRICES_USAGE}`)
  return value
}

const isBucket = (name: string): name is UsageBucket => (USAGE_BUCKETS as readonly string[]).includes(name)

/** A price as the person typed it, with a source, because nobody can check a price without one. */
const readTypedPrice = (values: Values, today: string): PriceRow => {
  const bucket = need(values, 'bucket')
  if (!isBucket(bucket)) throw new Error(`"${bucket}" is none of ${USAGE_BUCKETS.join(', ')}.`)
  const effectiveFrom = need(values, 'from')
  if (!/^\d{4}-\d\d-\d\d$/.test(effectiveFrom) || Number.isNaN(Date.parse(effectiveFrom)))
    throw new Error(`"${effectiveFrom}" is no day like 2026-11-05.`)
  if (effectiveFrom > today) throw new Error(`${effectiveFrom} is not here yet: propose the price when it counts.`)
  const sourceUrl = need(values, 'source')
  if (!URL.canParse(sourceUrl)) throw new Error(`"${sourceUrl}" is no address of a page.`)
  const minimumUnits = BigInt(values['minimum-units'])
  return {
    offeringId: need(values, 'offering'),
    bucket,
    amountPusd: parseUsd(need(values, 'usd-per-million')),
    perUnits: 1_000_000n,
    ...(minimumUnits === 0n ? {} : { minimumUnits }),
    contextFrom: Number(values['context-from']),
    serviceTier: values['service-tier'] ?? null,
    window: null,
    effectiveFrom,
    sourceUrl,
    checkedOn: today,
  }
}

const CATALOGUE_LOCK = `SELECT pg_advisory_xact_lock(hashtext('atpar:catalogue'))`

const propose = ({ pool, today }: PriceCommand, values: Values): Promise<FiledProposal | null> =>
  inTransaction(pool, async (connection) => {
    await connection.query(CATALOGUE_LOCK)
    const price = readTypedPrice(values, today)
    const key = priceKeyOf(price)
    const inForce = (await readPricesInForce(connection)).filter((row) => priceKeyOf(row) === key)
    return proposePrices(connection, {
      source: 'typed by an operator',
      sourceVersion: today,
      origin: 'operator',
      changes: diffPrices(inForce, [price]),
    })
  })

const chosen = (lines: readonly ProposalLine[], values: Values): readonly ProposalLine[] =>
  lines.filter(
    (line) =>
      (values.offering === undefined || (line.after ?? line.before)?.offeringId === values.offering) &&
      !(values.small && line.needsPerson),
  )

const show = (print: PriceCommand['print'], lines: readonly ProposalLine[]): void => {
  for (const [proposalId, group] of Map.groupBy(lines, (line) => line.proposalId)) {
    print(`Proposal ${proposalId}. Dollars per million units; ! moves by more than ×3.`)
    print(formatDiff(group))
  }
  if (lines.length === 0) print('No change of price waits for a decision.')
}

const report = (print: PriceCommand['print'], filed: FiledProposal | null): void => {
  if (filed === null) print('The prices in force are up to date.')
  else show(print, filed.lines)
}

const importPrices = async ({ pool }: PriceCommand): Promise<FiledProposal | null> => {
  const client = await pool.connect()
  try {
    return await proposeTodaysPrices(client, 'operator')
  } finally {
    client.release()
  }
}

const approve = async (command: PriceCommand, values: Values): Promise<boolean> => {
  const lines = chosen(await listOpenLines(command.pool, values.proposal ?? null), values)
  const book = await approvePriceLines(command.pool, {
    lineIds: lines.map(({ lineId }) => lineId),
    approver: need(values, 'by'),
    isAutomatic: false,
  })
  if (book === null) {
    command.print('Nothing to approve.')
    return false
  }
  await command.publishChange()
  command.print(
    `Price book ${book} is in force: ${lines.length} changes, ${lines.filter(needsPerson).length} of more than ×3.`,
  )
  return true
}

const reject = async ({ pool, print }: PriceCommand, values: Values): Promise<boolean> => {
  const lines = chosen(await listOpenLines(pool, values.proposal ?? null), values)
  const rejected = await rejectPriceLines(pool, {
    lineIds: lines.map(({ lineId }) => lineId),
    rejecter: need(values, 'by'),
  })
  print(`${rejected} changes rejected; they are not proposed again.`)
  return rejected > 0
}

/** @returns false when there was nothing to do that was asked for. */
export const runPriceCommand = async (command: PriceCommand): Promise<boolean> => {
  const { values, positionals } = parse(command.parameters)
  const [act = 'list'] = positionals
  switch (act) {
    case 'list':
      show(command.print, await listOpenLines(command.pool, values.proposal ?? null))
      return true
    case 'import':
      report(command.print, await importPrices(command))
      return true
    case 'propose':
      report(command.print, await propose(command, values))
      return true
    case 'approve':
      return approve(command, values)
    case 'reject':
      return reject(command, values)
    default:
      throw new Error(`"${act}" is no such thing to do with prices.\n${PRICES_USAGE}`)
  }
}
