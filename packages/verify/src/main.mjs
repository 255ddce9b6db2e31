#!/usr/bin/env node
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { openZip } from './read-zip.mjs'
import { verifyInvoice } from './verify.mjs'

const USAGE = `atpar-verify recomputes an invoice from its evidence, offline.

  atpar-verify <bundle.zip>
  atpar-verify <invoice.json> <usage.csv> <prices.json>

Ends with 0 when verified, 1 when something differs (it says which line), 2 when the files cannot be read.`

/** @param {import('node:stream').Readable} input */
const linesOf = (input) => createInterface({ input, crlfDelay: Infinity })

/** @param {readonly string[]} files */
async function verifyFiles(files) {
  const [first = '', usage, prices] = files
  if (usage !== undefined && prices !== undefined)
    return verifyInvoice({
      invoice: await readFile(first, 'utf8'),
      prices: await readFile(prices, 'utf8'),
      usage: linesOf(createReadStream(usage)),
    })
  const bundle = await openZip(first)
  try {
    return await verifyInvoice({
      invoice: await text(await bundle.read('invoice.json')),
      prices: await text(await bundle.read('prices.json')),
      usage: linesOf(await bundle.read('usage.csv')),
    })
  } finally {
    await bundle.close()
  }
}

const files = process.argv.slice(2)
if (files.includes('--help') || (files.length !== 1 && files.length !== 3)) {
  process.stdout.write(`${USAGE}\n`)
  process.exitCode = files.includes('--help') ? 0 : 2
} else {
  try {
    const { findings, count, summary } = await verifyFiles(files)
    for (const finding of findings) process.stdout.write(`${finding}\n`)
    if (count > findings.length) process.stdout.write(`and ${count - findings.length} more\n`)
    process.stdout.write(
      count === 0 ? `verified: ${summary}\n` : `NOT verified: ${count} ${count === 1 ? 'difference' : 'differences'}\n`,
    )
    process.exitCode = count === 0 ? 0 : 1
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  }
}
