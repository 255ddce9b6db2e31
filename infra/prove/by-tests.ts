import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Figure } from '../bench/figures.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/** As vitest's JSON reporter writes it, the part that is read here. */
const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          duration: z.number().nullish(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
})

export interface TestSuite {
  /** Package or app, from the root; `.` for files of several. */
  readonly folder: string
  readonly files: readonly string[]
}

/** @returns vitest's own verdict, its exit code */
const run = (suite: TestSuite, outputFile: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--root',
        '.',
        '--maxWorkers=1',
        '--reporter=json',
        `--outputFile=${outputFile}`,
        ...suite.files,
      ],
      { cwd: join(ROOT, suite.folder), stdio: 'ignore' },
    )
    child.once('error', reject)
    // A test that fails ends it with another code and is in the report all the same.
    child.once('exit', (code) => resolve(code ?? 1))
  })

const MOST_SHOWN = 200

/** What tests promise, as figures: the same code that guards every change, one line for each promise. */
export const proveByTests = async (suite: TestSuite): Promise<readonly Figure[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'atpar-prove-'))
  const outputFile = join(folder, 'report.json')
  try {
    const code = await run(suite, outputFile)
    const { testResults } = reportSchema.parse(JSON.parse(readFileSync(outputFile, 'utf8')))
    const figures = testResults.flatMap((file) => [
      ...(file.assertionResults.length === 0
        ? [{ name: file.name, value: file.message ?? 'no test ran', reach: 'holds', ok: false }]
        : []),
      ...file.assertionResults
        .filter(({ status }) => status !== 'skipped' && status !== 'pending')
        .map(({ fullName, status, duration, failureMessages }) => ({
          name: fullName.trim(),
          value:
            status === 'passed'
              ? `holds (${((duration ?? 0) / 1_000).toFixed(1)} s)`
              : (failureMessages?.[0] ?? status).slice(0, MOST_SHOWN),
          reach: 'holds',
          ok: status === 'passed',
        })),
    ])
    const name = `${suite.folder}: ${suite.files.join(', ')}`
    if (figures.length === 0) throw new Error(`No test ran of ${name}`)
    if (code === 0 || figures.some(({ ok }) => !ok)) return figures
    // An unhandled rejection, or a crash.
    return [
      ...figures,
      { name, value: `vitest ended with code ${code} although no test failed`, reach: 'holds', ok: false },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The same as one figure, for what many small tests promise together. */
export const proveTogether = async (name: string, suite: TestSuite): Promise<Figure> => {
  const figures = await proveByTests(suite)
  const held = figures.filter(({ ok }) => ok).length
  return {
    name,
    value: `${held} tests hold, ${figures.length - held} do not`,
    reach: '0 that do not',
    ok: held === figures.length,
  }
}
