// `npm run check`: everything that can be said about the code without running it. `-- --fix` formats first.
import { generateClient } from './build.mjs'
import { QUIET_ENVIRONMENT, runGates, tool } from './gates.mjs'
import { installPackages } from './install.mjs'
import { ROOT } from './paths.mjs'
import { complain, say, step } from './progress.mjs'
import { runCommand } from './run-command.mjs'

try {
  const node = await step('Packages', installPackages)
  await step('Database client', (note) => generateClient(node, note))
  if (process.argv.includes('--fix')) {
    const { command, parameters } = tool(node, 'oxfmt')
    await step('Format', () => runCommand(command, parameters, { cwd: ROOT, env: QUIET_ENVIRONMENT }))
  }
  const { passed, failed } = await runGates(node)
  say(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
} catch (error) {
  complain(error)
  process.exitCode = 1
}
