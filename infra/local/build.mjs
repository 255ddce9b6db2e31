import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashFiles } from './source-files.mjs'
import { inRoot, LOGS, ROOT } from './paths.mjs'
import { passedOnEnvironment } from './services.mjs'
import { runCommand } from './run-command.mjs'

const GENERATED_CLIENT = inRoot('packages', 'db', 'src', 'generated')
const CLIENT_MARKER = join(GENERATED_CLIENT, '.atpar-schema')
const BUILD = inRoot('apps', 'dashboard', '.next')
const BUILD_MARKER = join(BUILD, '.atpar-sources')

/** @param {string} file */
const readMarker = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

/**
 * Generates the Prisma client when the schema (or Prisma itself) changed.
 * @param {string} node
 * @param {(words: string) => void} note
 */
export async function generateClient(node, note) {
  const hash = hashFiles([inRoot('prisma', 'schema'), inRoot('packages', 'db', 'package.json')])
  if (readMarker(CLIENT_MARKER) === hash) {
    note('up to date')
    return
  }
  const prisma = inRoot('packages', 'db', 'node_modules', 'prisma', 'build', 'index.js')
  await runCommand(node, [prisma, 'generate', `--schema=${inRoot('prisma', 'schema')}`], {
    cwd: inRoot('packages', 'db'),
    // Generating needs no engine, but the command insists on fetching one unless told where "it" is.
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: node,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
    logFile: join(LOGS, 'build.log'),
    failure: 'The database client could not be generated',
  })
  writeFileSync(CLIENT_MARKER, hash)
  note('generated')
}

/**
 * Builds the dashboard when any source it may contain changed.
 * @param {string} node
 * @param {(words: string) => void} note
 */
export async function buildDashboard(node, note) {
  const packages = ['core', 'crypto', 'config', 'db', 'observability', 'providers', 'queue', 'redis']
  const sources = ['src', 'public', 'package.json', 'next.config.ts', 'postcss.config.mjs', 'tsconfig.json']
  const hash = hashFiles([
    ...sources.map((name) => inRoot('apps', 'dashboard', name)),
    ...packages.map((name) => inRoot('packages', name, 'src')),
    inRoot('prisma', 'schema'),
    inRoot('pnpm-lock.yaml'),
  ])
  if (readMarker(BUILD_MARKER) === hash) {
    note('up to date')
    return
  }
  const next = inRoot('apps', 'dashboard', 'node_modules', 'next', 'dist', 'bin', 'next')
  await runCommand(node, [next, 'build'], {
    cwd: inRoot('apps', 'dashboard'),
    env: { ...passedOnEnvironment(), NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    logFile: join(LOGS, 'build.log'),
    failure: 'The dashboard could not be built',
  })
  writeFileSync(BUILD_MARKER, hash)
  note('built')
}

/**
 * The commit that runs, shown beside the "Source" link of every page.
 * @returns {Promise<string>}
 */
export async function sourceCommit() {
  try {
    return (await runCommand('git', ['rev-parse', 'HEAD'], { cwd: ROOT })).trim()
  } catch {
    // An unpacked archive has no history, and a machine may have no git: the page then says so.
    return 'unknown'
  }
}
