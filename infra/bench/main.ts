import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { printFigures } from './figures.ts'
import { judgeSpeed } from './judge-speed.ts'
import type { Measured } from './compare.ts'
import { measureSpeed } from './speed.ts'

/** `npm run bench [-- --quick] [--no-peers]`: every speed beside the floor of the same run, as a table and as artifacts/bench.json. */
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, 'no-peers': { type: 'boolean', default: false } } })
const write = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const report = await measureSpeed(
  values.quick
    ? { rounds: 1, requests: 4_000, streams: 128, eventsPerStream: 40, openStreams: 300, withPeers: false }
    : { rounds: 5, requests: 20_000, streams: 512, eventsPerStream: 60, openStreams: 1_000, withPeers: !values['no-peers'] },
)
const showTable = (title: string, rows: readonly Measured[]): void => {
  const floor = rows.find((row) => row.name === 'floor')?.cpuMicrosPerUnit ?? 1
  write(`\n${title}`)
  for (const row of rows) {
    write(
      `  ${row.name.padEnd(8)} ${row.cpuMicrosPerUnit.toFixed(1).padStart(8)} µs  ${(row.cpuMicrosPerUnit / floor).toFixed(2).padStart(6)} ×  ${row.requestsPerSecond.toFixed(0).padStart(7)} req/s  p50 ${row.latencyMs.p50.toFixed(1)} ms  p99 ${row.latencyMs.p99.toFixed(1)} ms${row.failed > 0 ? `  ${row.failed} failed` : ''}`,
    )
  }
}
showTable('CPU per request, not streamed', report.perRequest)
showTable('CPU per streamed event, same format on both sides', report.perEvent)
showTable('CPU per streamed event, OpenAI upstream to Anthropic caller', report.perConvertedEvent)
write(`\nMemory per open stream: floor ${(report.bytesPerStream.floor / 1024).toFixed(1)} KiB, atpar ${(report.bytesPerStream.product / 1024).toFixed(1)} KiB`)
for (const sentence of report.skipped) write(`skipped: ${sentence}`)
write('')
const code = printFigures(judgeSpeed(report), write)
const folder = join(import.meta.dirname, '..', '..', 'artifacts')
await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'bench.json'), `${JSON.stringify(report, null, 2)}\n`)
process.exit(code)
