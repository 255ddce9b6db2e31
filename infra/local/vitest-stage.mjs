import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QUIET_ENVIRONMENT, tool } from './gates.mjs'
import { inRoot, ROOT } from './paths.mjs'
import { say } from './progress.mjs'
import { captureCommand } from './run-command.mjs'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * The kinds of tests, told apart by their names and places.
 * @typedef {'unit' | 'integration' | 'system' | 'browser' | 'command'} Stage
 */

/** @type {Readonly<Record<Stage, RegExp>>} */
const STAGES = {
  command: /\.command\.test\.mjs$/,
  browser: /\/e2e\/.*\.test\.tsx?$/,
  system: /^infra\/system\/.*\.test\.ts$/,
  integration: /\.int\.test\.tsx?$/,
  unit: /\.test\.(tsx?|mjs)$/,
}

/**
 * Which stage a test file belongs to: the first pattern that fits.
 * @param {string} file
 * @returns {Stage | undefined}
 */
export function stageOf(file) {
  return /** @type {Stage[]} */ (Object.keys(STAGES)).find((stage) => STAGES[stage].test(file))
}

/**
 * Reads vitest's own account of a run. A file that could not be loaded has no tests, and still is a failure.
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests?: number, testResults?: readonly { status: string, assertionResults: readonly unknown[] }[] }} report
 * @returns {Counts}
 */
export function countResults(report) {
  const unloadable = (report.testResults ?? []).filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloadable.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  }
}

/**
 * Runs the given test files in one vitest process and counts.
 * @param {{ node: string, files: readonly string[], env: Readonly<Record<string, string | undefined>>, workers: number }} options
 * @returns {Promise<Counts>}
 */
export async function runTests({ node, files, env, workers }) {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 }
  const folder = mkdtempSync(join(tmpdir(), 'atpar-report-'))
  const report = join(folder, 'report.json')
  const { command, parameters } = tool(node, 'vitest')
  const { code } = await captureCommand(
    command,
    [
      ...parameters,
      'run',
      ...files,
      `--config=${inRoot('infra', 'local', 'vitest.config.mjs')}`,
      `--maxWorkers=${workers}`,
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { cwd: ROOT, env: { ...QUIET_ENVIRONMENT, ...env }, isShown: true },
  )
  const counts = existsSync(report)
    ? countResults(JSON.parse(readFileSync(report, 'utf8')))
    : { passed: 0, failed: 0, skipped: 0 }
  rmSync(folder, { recursive: true, force: true })
  // Whatever vitest disliked beyond single tests (an unhandled rejection, a crash) fails the run as well.
  const isUncounted = code !== 0 && counts.failed === 0
  if (isUncounted) say(`  ✗ vitest ended with code ${code} although no test failed`)
  return isUncounted ? { ...counts, failed: 1 } : counts
}
