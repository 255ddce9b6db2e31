import { allotCents, PICO_PER_CENT, readUsd, writeUsd } from './money.mjs'
import { sha256 } from './seal.mjs'
import { groupKey } from './verify-usage.mjs'

/** @typedef {Record<string, any>} Json what a file says; every figure of it is compared with one computed here */

/**
 * @param {string} where
 * @param {bigint | string} said
 * @param {bigint | string} found
 * @param {(finding: string) => void} report
 */
function compare(where, said, found, report) {
  if (said !== found) report(`invoice.json ${where}: it says ${String(said)}, recomputed ${String(found)}`)
}

/**
 * @param {string} where
 * @param {unknown} said
 * @param {bigint} found
 * @param {(finding: string) => void} report
 */
const compareUsd = (where, said, found, report) => compare(where, writeUsd(readUsd(said)), writeUsd(found), report)

/** @param {ReadonlyMap<string, bigint>} units */
const unitsText = (units) =>
  [...units]
    .filter(([, count]) => count !== 0n)
    .map(([bucket, count]) => `${bucket}=${count}`)
    .toSorted()
    .join(' ')

/** @param {Json} units */
const saidUnits = (units) => unitsText(new Map(Object.entries(units).map(([bucket, count]) => [bucket, BigInt(count)])))

/**
 * What the calls of one group are on the invoice: what was settled, and what corrections give back of it.
 * @param {import('./verify-usage.mjs').Sums} sums
 */
function partsOf(sums) {
  const settled = {
    isCorrection: false,
    cost: sums.cost,
    billed: sums.billed,
    absorbed: sums.absorbed,
    units: sums.units,
  }
  if (sums.correctedCost === 0n && sums.corrected === 0n) return [settled]
  const correction = {
    isCorrection: true,
    cost: sums.correctedCost,
    billed: sums.corrected,
    absorbed: sums.correctedCost - sums.corrected,
    units: new Map(),
  }
  const isEmpty = sums.cost === 0n && sums.billed === 0n && unitsText(sums.units) === ''
  return isEmpty ? [correction] : [settled, correction]
}

/**
 * @param {Json} invoice
 * @param {import('./verify-usage.mjs').Recomputed} usage
 * @param {(finding: string) => void} report
 */
function compareRows(invoice, usage, report) {
  const said = new Map(
    invoice['rows'].map((/** @type {Json} */ row) => [
      groupKey('platform', row['month'], row['provider'], row['model'], String(row['price_book'])) +
        String(row['correction']),
      row,
    ]),
  )
  for (const [key, sums] of usage.groups) {
    if (!key.startsWith('["platform"')) continue
    for (const part of partsOf(sums)) {
      const row = said.get(key + String(part.isCorrection))
      if (row === undefined) {
        report(`invoice.json rows: usage.csv has ${sums.events} calls of ${key} and the invoice has none`)
        continue
      }
      said.delete(key + String(part.isCorrection))
      const where = `row of ${row['model']} at ${row['provider']}, price book ${row['price_book']}`
      compareUsd(`${where}, cost`, row['cost_usd'], part.cost, report)
      compareUsd(`${where}, absorbed`, row['absorbed_usd'], part.absorbed, report)
      compareUsd(`${where}, billed`, row['billed_usd'], part.billed, report)
      compare(`${where}, units`, saidUnits(row['units']), unitsText(part.units), report)
      if (!part.isCorrection) compare(`${where}, calls`, BigInt(row['events']), sums.events, report)
    }
  }
  for (const row of said.values())
    report(
      `invoice.json rows: ${row['model']} at ${row['provider']}, price book ${row['price_book']}, is not in usage.csv`,
    )
}

/**
 * @param {Json} invoice
 * @param {import('./verify-usage.mjs').Recomputed} usage
 * @param {(finding: string) => void} report
 */
function compareOwnUsage(invoice, usage, report) {
  const said = new Map(
    invoice['own_usage'].map((/** @type {Json} */ own) => [
      groupKey(own['funding'], own['month'], own['provider'], own['model'], String(own['price_book'])),
      own,
    ]),
  )
  for (const [key, sums] of usage.groups) {
    if (key.startsWith('["platform"')) continue
    const own = said.get(key)
    said.delete(key)
    if (own === undefined) report(`invoice.json own_usage: ${key} is missing`)
    else {
      compare(`own usage of ${own['model']}, calls`, BigInt(own['events']), sums.events, report)
      compare(`own usage of ${own['model']}, units`, saidUnits(own['units']), unitsText(sums.units), report)
    }
  }
  for (const own of said.values()) report(`invoice.json own_usage: ${own['model']} is not in usage.csv`)
}

/**
 * Lines from rows, cents from lines, the total from cents.
 * @param {Json} invoice
 * @param {(finding: string) => void} report
 */
function compareLines(invoice, report) {
  const [carryIn, carryOut, interim] = [invoice['carry_in_usd'], invoice['carry_out_usd'], invoice['interim_usd']].map(
    readUsd,
  )
  const isForward = (/** @type {number} */ index) => carryOut !== 0n && index === invoice['lines'].length - 1
  let usage = 0n
  /** @type {bigint[]} */
  const charged = []
  invoice['lines'].forEach((/** @type {Json} */ line, /** @type {number} */ index) => {
    const where = `line ${line['position']} (${line['description']})`
    const amount = readUsd(line['amount_usd'])
    compare(`${where}, position`, String(line['position']), String(index + 1), report)
    if (line['kind'] === 'carry_over' && isForward(index)) {
      compare(`${where}, amount`, amount, -(carryOut ?? 0n), report)
      return
    }
    if (line['kind'] === 'carry_over') compare(`${where}, amount`, amount, carryIn ?? 0n, report)
    else if (line['kind'] === 'interim') compare(`${where}, amount`, amount, -(interim ?? 0n), report)
    else {
      const rows = invoice['rows'].filter((/** @type {Json} */ row) => row['line'] === line['position'])
      const sum = (/** @type {string} */ name) =>
        rows.reduce((/** @type {bigint} */ total, /** @type {Json} */ row) => total + readUsd(row[name]), 0n)
      compareUsd(`${where}, at list price`, line['cost_usd'], sum('cost_usd'), report)
      compareUsd(`${where}, absorbed`, line['absorbed_usd'], sum('absorbed_usd'), report)
      compareUsd(`${where}, amount`, line['amount_usd'], sum('billed_usd'), report)
      usage += amount
    }
    charged.push(amount)
  })
  const cents = allotCents(charged)
  const due = cents.reduce((sum, amount) => sum + amount, 0n)
  const total = BigInt(invoice['total_cents'])
  if (carryOut !== 0n) cents.push(total - due)
  invoice['lines'].forEach((/** @type {Json} */ line, /** @type {number} */ index) =>
    compare(
      `line ${line['position']} (${line['description']}), cents`,
      BigInt(line['cents']),
      cents[index] ?? 0n,
      report,
    ),
  )
  compareUsd('usage_usd', invoice['usage_usd'], usage, report)
  compare('total_cents', total * PICO_PER_CENT, usage - (interim ?? 0n) + (carryIn ?? 0n) - (carryOut ?? 0n), report)
  compare(
    'total_cents',
    total,
    cents.reduce((sum, amount) => sum + amount, 0n),
    report,
  )
}

/**
 * @param {Json} evidence
 * @param {import('./verify-usage.mjs').Recomputed} usage
 * @param {(finding: string) => void} report
 */
function compareEvidence(evidence, usage, report) {
  const days = [...usage.days].map(([day, { events, hash }]) => ({ day, events, sha256: hash.digest('hex') }))
  const said = new Map(evidence['days'].map((/** @type {Json} */ day) => [day['day'], day]))
  for (const { day, events, sha256: found } of days) {
    compare(`evidence of ${day}, calls`, String(said.get(day)?.['events'] ?? 'nothing'), String(events), report)
    compare(`evidence of ${day}, hash`, String(said.get(day)?.['sha256'] ?? 'nothing'), found, report)
    said.delete(day)
  }
  for (const day of said.keys()) report(`invoice.json evidence of ${day}: usage.csv has no call of that day`)
  compare('evidence, calls', BigInt(evidence['events']), usage.events, report)
  compare(
    'evidence, hash',
    evidence['sha256'],
    sha256(days.map((day) => `${day.day} ${day.sha256}`).join('\n')),
    report,
  )
}

/**
 * @param {Json} invoice
 * @param {import('./verify-usage.mjs').Recomputed} usage
 * @param {(finding: string) => void} report
 */
export function compareInvoice(invoice, usage, report) {
  compareRows(invoice, usage, report)
  compareOwnUsage(invoice, usage, report)
  compareLines(invoice, report)
  compareEvidence(invoice['evidence'], usage, report)
}
