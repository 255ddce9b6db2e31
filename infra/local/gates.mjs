import { existsSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { inRoot, ROOT } from './paths.mjs'
import { captureCommand } from './run-command.mjs'
import { say } from './progress.mjs'
import { listWorkspaces } from './workspaces.mjs'

/** @typedef {{ name: string, command: string, parameters: readonly string[] }} Gate */

/** What every gate is run with: the same answers on a terminal and without one, and no word to the outside. */
export const QUIET_ENVIRONMENT = {
  ...process.env,
  NO_COLOR: '1',
  // Some tools take any value, 0 included, for yes.
  FORCE_COLOR: undefined,
  NEXT_TELEMETRY_DISABLED: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  CHECKPOINT_DISABLE: '1',
}

/**
 * The program of a root dev dependency, run by our Node where it is a script.
 * @param {string} node
 * @param {string} name
 */
export function tool(node, name) {
  const scripts = {
    depcruise: ['dependency-cruiser', 'bin', 'dependency-cruiser.mjs'],
    knip: ['knip', 'bin', 'knip.js'],
    oxfmt: ['oxfmt', 'bin', 'oxfmt'],
    oxlint: ['oxlint', 'bin', 'oxlint'],
    sherif: ['sherif', 'index.js'],
    tsc: ['typescript', 'bin', 'tsc'],
    vitest: ['vitest', 'vitest.mjs'],
  }
  const parts = scripts[/** @type {keyof typeof scripts} */ (name)]
  return { command: node, parameters: [inRoot('node_modules', ...parts)] }
}

/**
 * Every check that needs no running service, each counted as one in the closing line.
 * @param {string} node
 * @returns {Gate[]}
 */
function listGates(node) {
  /**
   * @param {string} name
   * @param {string} program
   * @param {readonly string[]} parameters
   */
  const gate = (name, program, parameters) => {
    const { command, parameters: first } = tool(node, program)
    return { name, command, parameters: [...first, ...parameters] }
  }
  const typed = listWorkspaces().filter((folder) => existsSync(inRoot(folder, 'tsconfig.json')))
  return [
    gate('format', 'oxfmt', ['--check', '--threads=2']),
    gate('lint', 'oxlint', ['--type-aware', '--threads=2']),
    gate('dependency rules', 'depcruise', [
      'apps',
      'packages',
      'prisma',
      'infra',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
    ]),
    gate('dead code', 'knip', ['--no-progress', '--no-config-hints']),
    gate('workspace manifests', 'sherif', []),
    { name: 'mutants', command: node, parameters: [inRoot('infra', 'local', 'mutants.mjs')] },
    ...typed.map((folder) => gate(`types of ${folder}`, 'tsc', ['--noEmit', '-p', folder])),
  ]
}

/**
 * Runs all gates, two at a time, and prints each result.
 * @param {string} node
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runGates(node) {
  const waiting = listGates(node)
  const result = { passed: 0, failed: 0 }
  const work = async () => {
    for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) {
      const startedAt = Date.now()
      const { output, code } = await captureCommand(gate.command, gate.parameters, {
        cwd: ROOT,
        env: QUIET_ENVIRONMENT,
      })
      const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1)
      say(`  ${code === 0 ? '✓' : '✗'} ${gate.name} (${seconds} s)`)
      if (code === 0) result.passed += 1
      else {
        result.failed += 1
        say(
          stripVTControlCharacters(output)
            .trimEnd()
            .split('\n')
            .slice(-60)
            .map((line) => `      ${line}`)
            .join('\n'),
        )
      }
    }
  }
  await Promise.all([work(), work()])
  return result
}
