import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { printFigures } from './figures.ts'
import { judgeSpeed } from './judge-speed.ts'
import type { Measured } from './compare.ts'
import { FULL_SPEED, measureSpeed, QUICK_SPEED } from './speed.ts'

/** `npm run bench [-- --quick] [--no-peers]`: every speed beside the floor of the same run, as a table and as artifacts/bench.json. */
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, 'no-peers': { type: 'boolean', default: false } },
})
const write = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const report = await measureSpeed(values.quick ? QUICK_SPEED : { ...FULL_SPEED, withPeers: !values['no-peers'] })
const showTable = (title: string, rows: readonly Measured[]): void => {
  write(`\n${title}`)
  for (const row of rows) {
    write(
      `  ${row.name.padEnd(8)} ${row.cpuMicrosPerUnit.toFixed(1).padStart(8)} µs  ${row.ratioToFirst.toFixed(2).padStart(6)} ×  ${row.requestsPerSecond.toFixed(0).padStart(7)} req/s  p50 ${row.latencyMs.p50.toFixed(1)} ms  p99 ${row.latencyMs.p99.toFixed(1)} ms${row.failed > 0 ? `  ${row.failed} failed` : ''}`,
    )
  }
}
showTable('CPU per request, not streamed', report.perRequest)
showTable('CPU per streamed event, same format on both sides', report.perEvent)
showTable('CPU per streamed event, OpenAI upstream to Anthropic caller', report.perConvertedEvent)
showTable('CPU per request, one process and two', report.scaling)
showTable('CPU per request, the floor in one process and in two', report.floorScaling)
for (const sentence of report.skipped) write(`skipped: ${sentence}`)
write('')
const code = printFigures(judgeSpeed(report), write)
const folder = join(import.meta.dirname, '..', '..', 'artifacts')
await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'bench.json'), `${JSON.stringify(report, null, 2)}\n`)
process.exit(code)
