import { createHash } from 'node:crypto'
import { writeUsd } from './money.mjs'
import { rateRow } from './rate.mjs'
import { fieldsOf, isHeader, readUsageRow } from './usage-row.mjs'

/**
 * @typedef {object} Sums of one model, provider, month and price book
 * @property {bigint} events
 * @property {Map<string, bigint>} units
 * @property {bigint} cost
 * @property {bigint} billed
 * @property {bigint} absorbed
 * @property {bigint} correctedCost
 * @property {bigint} corrected
 *
 * @typedef {object} Day
 * @property {bigint} events
 * @property {import('node:crypto').Hash} hash
 *
 * @typedef {object} Recomputed
 * @property {Map<string, Sums>} groups by `groupKey`
 * @property {Map<string, Day>} days
 * @property {bigint} events
 */

/** @param {readonly (string | undefined)[]} parts */
export const groupKey = (...parts) => JSON.stringify(parts)

/** @returns {Sums} */
const noSums = () => ({
  events: 0n,
  units: new Map(),
  cost: 0n,
  billed: 0n,
  absorbed: 0n,
  correctedCost: 0n,
  corrected: 0n,
})

/**
 * Recomputes every call. Reads line by line: memory does not grow with the number of calls.
 * @param {AsyncIterable<string> | Iterable<string>} lines
 * @param {readonly import('./rate.mjs').Price[]} prices
 * @param {(finding: string) => void} report
 * @returns {Promise<Recomputed>}
 */
export async function recomputeUsage(lines, prices, report) {
  /** @type {Recomputed} */
  const result = { groups: new Map(), days: new Map(), events: 0n }
  const byRef = new Map(prices.map((price) => [price.ref, price]))
  const byOffering =
    Map.groupBy === undefined ? groupByOffering(prices) : Map.groupBy(prices, ({ offering }) => offering)
  let number = 0
  let lastDay = ''
  let lastKey = ''
  let columns = fieldsOf('')
  for await (const line of lines) {
    number += 1
    /** @param {string} what */
    const say = (what) => report(`usage.csv line ${number}: ${what}`)
    if (number === 1) {
      columns = fieldsOf(line)
      if (!isHeader(line)) say('its columns are not those of a usage file')
      continue
    }
    if (line === '') continue
    const row = readUsageRow(line, columns)
    if (typeof row === 'string') {
      say(row)
      continue
    }
    const { fields } = row
    const day = (fields['started_at'] ?? '').slice(0, 10)
    const key = [
      fields['request_id'],
      fields['attempt']?.padStart(6, '0'),
      fields['kind'],
      fields['seq']?.padStart(6, '0'),
    ].join(' ')
    if (day < lastDay || (day === lastDay && key <= lastKey)) say('out of order, or there twice')
    lastDay = day
    lastKey = key
    for (const problem of judge(row, { byRef, byOffering })) say(`request ${fields['request_id']}: ${problem}`)
    add(result, row, day)
  }
  if (number === 0) report('usage.csv line 1: the file is empty')
  return result
}

/** For Node 20, which has no Map.groupBy. @param {readonly import('./rate.mjs').Price[]} prices */
function groupByOffering(prices) {
  /** @type {Map<string, import('./rate.mjs').Price[]>} */
  const groups = new Map()
  for (const price of prices) {
    const group = groups.get(price.offering)
    if (group === undefined) groups.set(price.offering, [price])
    else group.push(price)
  }
  return groups
}

/**
 * @param {import('./usage-row.mjs').UsageRow} row
 * @param {{ byRef: ReadonlyMap<string, import('./rate.mjs').Price>, byOffering: ReadonlyMap<string, readonly import('./rate.mjs').Price[]> }} book
 * @returns {string[]}
 */
function judge(row, { byRef, byOffering }) {
  const { fields } = row
  const [cost, billed, absorbed] = amountsOf(fields)
  const problems = []
  if (fields['month'] !== `${fields['started_at']?.slice(0, 7)}-01`) problems.push('its month is not that of its time')
  if (fields['funding'] !== 'platform') {
    if (billed !== 0n) problems.push(`it ran on your own ${fields['funding']} and bills ${writeUsd(billed)}`)
  } else if (cost !== billed + absorbed)
    problems.push(`billed ${writeUsd(billed)} and absorbed ${writeUsd(absorbed)} are not its cost of ${writeUsd(cost)}`)
  if (fields['kind'] !== 'settle') {
    if (billed > 0n) problems.push('a correction bills more and not less')
    return problems
  }
  if (billed < 0n || billed > cost) problems.push(`it bills ${writeUsd(billed)} of a cost of ${writeUsd(cost)}`)
  if (fields['absorbed_reason'] === '' && fields['funding'] === 'platform' && absorbed !== 0n)
    problems.push('something is absorbed without a reason')
  const isFree = fields['funding'] === 'local' || fields['absorbed_reason'] === 'unpriced' || row.prices.length === 0
  if (isFree) {
    if (cost !== 0n) problems.push(`it costs ${writeUsd(cost)} and names no price`)
    return problems
  }
  const offering = byRef.get(row.prices[0] ?? '')?.offering
  const rated = rateRow(row, byOffering.get(offering ?? '') ?? [])
  if (typeof rated === 'string') problems.push(rated)
  else {
    if (rated.cost !== cost) problems.push(`units × list price is ${writeUsd(rated.cost)} and not ${writeUsd(cost)}`)
    if (rated.refs.join(' ') !== row.prices.join(' '))
      problems.push(`its prices are ${rated.refs.join(' ')} and not ${row.prices.join(' ')}`)
  }
  return problems
}

/** @param {Readonly<Record<string, string>>} fields @returns {[bigint, bigint, bigint]} */
const amountsOf = (fields) => [
  BigInt(fields['cost_pusd'] ?? 0),
  BigInt(fields['billed_pusd'] ?? 0),
  BigInt(fields['absorbed_pusd'] ?? 0),
]

/**
 * @param {Recomputed} result
 * @param {import('./usage-row.mjs').UsageRow} row
 * @param {string} day
 */
function add(result, { fields, units, hash }, day) {
  const key = groupKey(fields['funding'], fields['month'], fields['provider'], fields['model'], fields['price_book'])
  const sums = result.groups.get(key) ?? noSums()
  result.groups.set(key, sums)
  const [cost, billed, absorbed] = amountsOf(fields)
  sums.events += 1n
  if (fields['kind'] === 'correction') {
    sums.correctedCost += cost
    sums.corrected += billed
  } else {
    sums.cost += cost
    sums.billed += billed
    sums.absorbed += absorbed
  }
  for (const [bucket, count] of units) sums.units.set(bucket, (sums.units.get(bucket) ?? 0n) + count)
  const known = result.days.get(day)
  if (known === undefined) result.days.set(day, { events: 1n, hash: createHash('sha256').update(hash) })
  else {
    known.events += 1n
    known.hash.update(`\n${hash}`)
  }
  result.events += 1n
}
