import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findProgram } from '../../packages/tooling/src/redis.mjs'
import { hashFiles } from './source-files.mjs'
import { inRoot, LOGS, ROOT } from './paths.mjs'
import { StartError } from './progress.mjs'
import { runCommand } from './run-command.mjs'

const PNPM = 'pnpm@10.34.9'
const MARKER = inRoot('node_modules', '.atpar-install')
/** The npm package `node` brings the version we run on, whatever the machine has. */
const BROUGHT_NODE = inRoot('node_modules', 'node', 'bin', 'node')

export function checkMachineNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 20)
    throw new StartError(
      `Atpar needs Node 20 or newer to start; this is ${process.version}. Get one from https://nodejs.org.`,
    )
  return process.version
}

/** @returns {string | undefined} */
function findNode24() {
  if (process.versions.node.startsWith('24.')) return process.execPath
  if (!existsSync(BROUGHT_NODE)) return undefined
  try {
    return execFileSync(BROUGHT_NODE, ['--version'], { encoding: 'utf8' }).startsWith('v24.') ? BROUGHT_NODE : undefined
  } catch {
    // Present but unusable here (another platform's, a torn download): the caller installs it again.
    return undefined
  }
}

/** @param {readonly string[]} parameters */
function pnpm(parameters) {
  const besideNode = join(dirname(process.execPath), 'npx')
  const npx = existsSync(besideNode) ? besideNode : findProgram(['npx'], process.env['PATH'] ?? '')
  if (npx === undefined) throw new StartError('npx is not on PATH. It comes with npm; install npm and try again.')
  return runCommand(npx, ['-y', PNPM, ...parameters], {
    cwd: ROOT,
    // Without CI pnpm asks questions on a terminal that may not be there.
    env: { ...process.env, CI: 'true' },
    logFile: join(LOGS, 'install.log'),
    failure: 'The packages could not be installed',
  })
}

function lockHash() {
  const manifests = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].map((name) => inRoot(name))
  return `${hashFiles(manifests)} ${process.platform} ${process.arch}`
}

/**
 * Brings node_modules in line with the lockfile, and does nothing when it already is.
 * @param {(words: string) => void} note
 * @returns {Promise<string>} the Node 24 everything else runs on
 */
export async function installPackages(note) {
  const wanted = lockHash()
  const isInstalled = existsSync(MARKER) && readFileSync(MARKER, 'utf8') === wanted
  const present = isInstalled ? findNode24() : undefined
  if (present !== undefined) {
    note('up to date')
    return present
  }
  // A shim whose Node never arrived would be what pnpm itself and the packages' scripts run as `node`.
  if (findNode24() === undefined) rmSync(inRoot('node_modules', '.bin', 'node'), { force: true })
  await pnpm(['install', '--frozen-lockfile'])
  // The package fetches its binary in a nested step outside the lockfile, which now and then is skipped once.
  if (findNode24() === undefined) await pnpm(['rebuild', 'node'])
  const node = findNode24()
  if (node === undefined)
    throw new StartError(`Node 24 did not arrive at ${BROUGHT_NODE}. Delete node_modules and try again.`)
  writeFileSync(MARKER, wanted)
  note('installed from the lockfile')
  return node
}
