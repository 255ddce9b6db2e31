import { readUsd, writeUsd, PICO_PER_CENT } from './money.mjs'
import { findBrokenSeals } from './seal.mjs'
import { compareInvoice } from './verify-invoice.mjs'
import { recomputeUsage } from './verify-usage.mjs'

const INVOICE_FORMAT = 'atpar.invoice/1'
const PRICES_FORMAT = 'atpar.prices/1'

/** The files cannot be judged at all: another format, or not the files of a bundle. */
class Unreadable extends Error {}

/**
 * @param {string} name
 * @param {string} text
 * @param {string} format
 * @returns {Record<string, any>}
 */
function readJson(name, text, format) {
  /** @type {Record<string, any>} */
  let value
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Unreadable(`${name} is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (value['format'] !== format)
    throw new Unreadable(`${name} is of format "${String(value['format'])}" and not "${format}"`)
  return value
}

/** @param {Record<string, any>} row @returns {import('./rate.mjs').Price} */
const readPrice = (row) => ({
  ref: row['ref'],
  offering: row['offering'],
  bucket: row['bucket'],
  amount: readUsd(row['amount_usd']),
  perUnits: BigInt(row['per_units']),
  // Absent in a bundle of before there were minimums.
  minimumUnits: BigInt(row['minimum_units'] ?? 0),
  contextFrom: BigInt(row['context_from']),
  serviceTier: row['service_tier'],
  fromMinute: row['from_minute'],
  toMinute: row['to_minute'],
  introducedIn: BigInt(row['introduced_in_book']),
  retiredIn: row['retired_in_book'] === null ? null : BigInt(row['retired_in_book']),
})

/**
 * @typedef {object} Verdict
 * @property {readonly string[]} findings empty = verified; the first ones, at most `MAX_FINDINGS`
 * @property {number} count how many there are
 * @property {string} summary
 */

const MAX_FINDINGS = 20

/**
 * Recomputes an invoice from the files of its evidence bundle, from nothing else.
 * @param {{ invoice: string, prices: string, usage: AsyncIterable<string> | Iterable<string> }} files
 * @returns {Promise<Verdict>}
 * @throws {Unreadable}
 */
export async function verifyInvoice(files) {
  /** @type {string[]} */
  const findings = []
  let count = 0
  /** @param {string} finding */
  const report = (finding) => {
    count += 1
    if (findings.length < MAX_FINDINGS) findings.push(finding)
  }
  for (const finding of findBrokenSeals('invoice.json', files.invoice)) report(finding)
  for (const finding of findBrokenSeals('prices.json', files.prices)) report(finding)
  // What was altered may not even be readable any more; that it was is the answer.
  if (count > 0) return { findings, count, summary: '' }
  const invoice = readJson('invoice.json', files.invoice, INVOICE_FORMAT)
  const prices = readJson('prices.json', files.prices, PRICES_FORMAT)
  const usage = await recomputeUsage(files.usage, prices['prices'].map(readPrice), report)
  compareInvoice(invoice, usage, report)
  const total = writeUsd(BigInt(invoice['total_cents']) * PICO_PER_CENT).replace(/0{10}$/, '')
  return {
    findings,
    count,
    summary: `invoice ${invoice['number']}: ${usage.events} calls recomputed, ${invoice['lines'].length} lines, total ${total}, evidence ${invoice['evidence']['sha256']}`,
  }
}
