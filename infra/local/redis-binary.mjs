import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../../packages/tooling/src/redis.mjs'
import { DATA, LOGS } from './paths.mjs'
import { StartError } from './progress.mjs'
import { runCommand } from './run-command.mjs'

const NAMES = ['redis-server', 'valkey-server']
const UNPACKED = join(DATA, 'tools', 'redis')

/** What Debian's redis-server needs beyond the base system; a release that needs more says so itself (see below). */
const PACKAGES = [
  'redis-server',
  'redis-tools',
  'libjemalloc2',
  'liblzf1',
  'liblua5.1-0',
  'lua-cjson',
  'lua-bitop',
  'libatomic1',
]

/**
 * @typedef {object} RedisBinary
 * @property {string} binary
 * @property {string} [libraryPath]
 * @property {string} origin where it comes from, for the progress line
 */

/** @returns {RedisBinary | undefined} */
function findUnpacked() {
  const binary = findProgram(NAMES, join(UNPACKED, 'usr', 'bin'))
  if (binary === undefined) return undefined
  const libraries = join(UNPACKED, 'usr', 'lib')
  const folders = existsSync(libraries) ? readdirSync(libraries).filter((name) => name.includes('-linux-')) : []
  return {
    binary,
    libraryPath: [libraries, ...folders.map((name) => join(libraries, name))].join(':'),
    origin: "Debian's package, unpacked in .data",
  }
}

/** @param {RedisBinary} found */
async function runs({ binary, libraryPath }) {
  try {
    await runCommand(binary, ['--version'], {
      env: { PATH: process.env['PATH'], LD_LIBRARY_PATH: libraryPath },
      logFile: join(LOGS, 'install.log'),
    })
    return true
  } catch {
    // A library it needs is missing: the caller takes the next way.
    return false
  }
}

/**
 * Unpacks Debian's (or Ubuntu's) package into `.data` without installing it: no root needed, no service started, and
 * nothing on the machine changes. apt works on lists of its own for the same reason.
 * @param {string} apt
 */
async function unpackFromDebian(apt) {
  const work = join(DATA, 'tools', 'apt')
  for (const folder of ['lists/partial', 'cache/archives/partial', 'packages'])
    mkdirSync(join(work, folder), { recursive: true })
  const options = [
    `Dir::State::lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    'APT::Sandbox::User=root',
    'Debug::NoLocking=true',
  ]
  const flags = options.flatMap((option) => ['-o', option])
  const logFile = join(LOGS, 'install.log')
  const failure = "Redis could not be fetched from Debian's packages"
  await runCommand(apt, [...flags, 'update'], { logFile, failure })
  const plan = await runCommand(apt, [...flags, '--simulate', '--no-install-recommends', 'install', 'redis-server'], {
    logFile,
    failure,
  })
  const planned = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '')
  for (const name of new Set([...planned, ...PACKAGES])) {
    try {
      await runCommand(apt, [...flags, 'download', name], { cwd: join(work, 'packages'), logFile, failure })
    } catch (error) {
      // The plan was made for this release; the fixed list may name a package that another release does not have.
      if (planned.includes(name) || name === 'redis-server') throw error
    }
  }
  rmSync(UNPACKED, { recursive: true, force: true })
  for (const file of readdirSync(join(work, 'packages'))) {
    await runCommand('dpkg', ['-x', join(work, 'packages', file), UNPACKED], { logFile, failure })
  }
  rmSync(work, { recursive: true, force: true })
}

/**
 * A Redis (or Valkey) server to run: from PATH, else unpacked from Debian's package, else installed by apt (root) or
 * Homebrew.
 * @param {(words: string) => void} note
 * @returns {Promise<RedisBinary>}
 */
export async function ensureRedis(note) {
  const isIgnoringSystem = process.env['ATPAR_IGNORE_SYSTEM'] === '1'
  const searchPath = process.env['PATH'] ?? ''
  const onPath = isIgnoringSystem ? undefined : findProgram(NAMES, searchPath)
  if (onPath !== undefined) return { binary: onPath, origin: onPath }

  const already = findUnpacked()
  if (already !== undefined && (await runs(already))) return already

  const failures = []
  const apt = findProgram(['apt-get'], searchPath)
  if (apt !== undefined) {
    note("fetching Debian's package")
    try {
      await unpackFromDebian(apt)
    } catch (error) {
      failures.push(error)
    }
    const unpacked = findUnpacked()
    if (unpacked !== undefined && (await runs(unpacked))) return unpacked
    if (process.getuid?.() === 0) {
      await runCommand(apt, ['update'], { logFile: join(LOGS, 'install.log'), failure: 'apt-get update failed' })
      await runCommand(apt, ['install', '-y', '--no-install-recommends', 'redis-server'], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        logFile: join(LOGS, 'install.log'),
        failure: 'Redis could not be installed by apt-get',
      })
      const installed = findProgram(NAMES, `${searchPath}:/usr/bin`)
      if (installed !== undefined) return { binary: installed, origin: installed }
    }
  }
  const brew = findProgram(['brew'], searchPath)
  if (brew !== undefined) {
    note('installing by Homebrew')
    await runCommand(brew, ['install', 'redis'], {
      logFile: join(LOGS, 'install.log'),
      failure: 'Homebrew could not install redis',
    })
    const installed = findProgram(NAMES, `${searchPath}:/opt/homebrew/bin:/usr/local/bin`)
    if (installed !== undefined) return { binary: installed, origin: installed }
  }
  throw new StartError(
    'There is no Redis and none could be installed: install redis-server (or valkey-server) or set REDIS_URL, then start again.',
    {
      cause: failures[0],
    },
  )
}
