import { spawn } from 'node:child_process'
import { generateClient } from './build.mjs'
import { installPackages } from './install.mjs'
import { inRoot, ROOT } from './paths.mjs'
import { complain, step } from './progress.mjs'

/**
 * Runs a TypeScript script of `infra` on the Node we bring, its output and signals passed through; this process ends
 * with its exit code.
 * @param {string} script relative to the root
 * @param {Readonly<Record<string, string | undefined>>} [env] what it is told beyond our own environment
 */
export async function runWorkspaceScript(script, env = {}) {
  try {
    const node = await step('Packages', installPackages)
    await step('Database client', (note) => generateClient(node, note))
    const child = spawn(node, [inRoot(script), ...process.argv.slice(2)], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: 'inherit',
    })
    // The terminal sends Ctrl-C to both of us; we end when it has.
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
    child.once('exit', (code) => process.exit(code ?? 1))
  } catch (error) {
    complain(error)
    process.exitCode = 1
  }
}
