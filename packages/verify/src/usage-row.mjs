import { CHECK_DIGITS, sha256 } from './seal.mjs'

export const BUCKETS = [
  'input_uncached',
  'cache_read',
  'cache_read_audio',
  'cache_write_5m',
  'cache_write_1h',
  'output_text',
  'output_reasoning',
  'audio_in',
  'audio_out',
  'image_in',
  'image_out',
  'seconds',
  'characters',
  'images',
  'pages',
  'searches',
  'requests',
]

/** Counted since the third version of the evidence: files of earlier invoices have no column for them. */
const LATER_BUCKETS = ['cache_read_audio', 'images']

/** @param {readonly string[]} buckets */
const listFields = (buckets) => [
  'request_id',
  'attempt',
  'kind',
  'seq',
  'started_at',
  'month',
  'provider',
  'model',
  'offering',
  'service_tier',
  'funding',
  'price_book',
  ...buckets,
  'cost_pusd',
  'billed_pusd',
  'absorbed_pusd',
  'absorbed_reason',
]

const FIELDS = listFields(BUCKETS)
const EARLIER_FIELDS = listFields(BUCKETS.filter((bucket) => !LATER_BUCKETS.includes(bucket)))

/** @param {readonly string[]} fields */
const headerOf = (fields) => [...fields, 'prices', 'check'].join(',')

export const HEADER = headerOf(FIELDS)

/**
 * The columns that a file begins with; those of today where it begins with others.
 * @param {string} header
 */
export const fieldsOf = (header) => (header === headerOf(EARLIER_FIELDS) ? EARLIER_FIELDS : FIELDS)

/** @param {string} header */
export const isHeader = (header) => header === headerOf(fieldsOf(header))

/**
 * @typedef {object} UsageRow
 * @property {Readonly<Record<string, string>>} fields
 * @property {Map<string, bigint>} units what was reported; a bucket that was not is absent
 * @property {readonly string[]} prices references into prices.json
 * @property {string} hash of the evidence part of the row
 */

/**
 * @param {string} line
 * @param {readonly string[]} columns
 * @returns {UsageRow | string} a row, or what is wrong with the line
 */
export function readUsageRow(line, columns) {
  const match = /^(.*),([p\d ]*),([0-9a-f]*)$/.exec(line)
  if (match === null) return 'it is no row of usage'
  const [, evidence = '', prices = '', check] = match
  if (sha256(`${evidence},${prices}`).slice(0, CHECK_DIGITS) !== check) return 'altered: its check is of another text'
  const cells = readCells(evidence)
  if (cells.length !== columns.length) return `it has ${cells.length} fields and not ${columns.length}`
  const fields = Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? '']))
  /** @type {Map<string, bigint>} */
  const units = new Map()
  for (const bucket of BUCKETS) {
    const count = fields[bucket] ?? ''
    if (count === '') continue
    if (!/^\d+$/.test(count)) return `${bucket} is "${count}", which is no count`
    units.set(bucket, BigInt(count))
  }
  for (const name of ['cost_pusd', 'billed_pusd', 'absorbed_pusd'])
    if (!/^-?\d+$/.test(fields[name] ?? '')) return `${name} is no amount`
  return { fields, units, prices: prices === '' ? [] : prices.split(' '), hash: sha256(evidence) }
}

/**
 * Cells of a CSV row (RFC 4180); the apostrophe that keeps a spreadsheet from running a formula is taken off.
 * @param {string} text
 * @returns {string[]}
 */
function readCells(text) {
  /** @type {string[]} */
  const cells = []
  const cell = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy
  for (;;) {
    const match = cell.exec(text)
    if (match === null) return cells
    const quoted = match[1]?.replaceAll('""', '"').replace(/^'(?=[=+@\t-])/, '')
    cells.push(quoted ?? match[2] ?? '')
    if (match[3] === '') return cells
  }
}
