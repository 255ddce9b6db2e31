import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createCluster,
  findHolder,
  postgresUser,
  startPostgres,
  usablePostgres,
} from '../../packages/tooling/src/postgres.mjs'
import { DATA, DATABASE_FILE, inRoot, LOGS, OUTSIDE_FOLDER } from './paths.mjs'
import { StartError } from './progress.mjs'

const OWNER = 'atpar_owner'
const DATABASE = 'atpar'

/** @typedef {{ folder: string, migrations: string[] }} DatabaseState what we know of the embedded database while it is down */

/** @returns {DatabaseState | undefined} */
export function readDatabaseState() {
  return existsSync(DATABASE_FILE) ? JSON.parse(readFileSync(DATABASE_FILE, 'utf8')) : undefined
}

/** @param {DatabaseState} state */
function writeDatabaseState(state) {
  writeFileSync(DATABASE_FILE, `${JSON.stringify(state, null, 2)}\n`)
}

/** @returns {string[]} */
function listMigrations() {
  return readdirSync(inRoot('prisma', 'migrations'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
}

/** Root may not run Postgres, and whom it runs as instead may not enter every clone: then it all lives outside. */
function chooseFolder() {
  if (process.getuid?.() !== 0) return join(DATA, 'postgres')
  mkdirSync(OUTSIDE_FOLDER, { recursive: true, mode: 0o755 })
  const found = lstatSync(OUTSIDE_FOLDER)
  if (!found.isDirectory() || found.uid !== 0)
    throw new StartError(`${OUTSIDE_FOLDER} belongs to somebody else. Remove it and start again.`)
  chmodSync(OUTSIDE_FOLDER, 0o755)
  return OUTSIDE_FOLDER
}

/**
 * Refuses data that a newer version wrote, and copies older data aside before it is migrated. The server is down, so
 * a copy of its files is a complete backup.
 * @param {DatabaseState} state
 * @param {string} dataDirectory
 * @param {(words: string) => void} note
 */
function prepareUpgrade(state, dataDirectory, note) {
  const known = new Set(listMigrations())
  const unknown = state.migrations.filter((name) => !known.has(name))
  if (unknown.length > 0) {
    throw new StartError(
      `The data in ${state.folder} was written by a newer Atpar (migration ${unknown.join(', ')} is not in this clone). Update the clone, or start over by: npm start -- --reset`,
    )
  }
  const pending = [...known].filter((name) => !state.migrations.includes(name))
  if (pending.length === 0 || state.migrations.length === 0) return
  const backup = join(state.folder, 'backups', new Date().toISOString().replaceAll(/[:.]/g, '-'))
  mkdirSync(join(state.folder, 'backups'), { recursive: true, mode: 0o700 })
  cpSync(dataDirectory, backup, { recursive: true, preserveTimestamps: true })
  note(`backed up to ${backup}`)
}

/**
 * The binaries refuse files of another major version, in words only a database administrator likes.
 * @param {string} binaries
 * @param {string} dataDirectory
 */
function checkMajorVersion(binaries, dataDirectory) {
  const data = readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8').trim()
  const version = execFileSync(join(binaries, 'bin', 'postgres'), ['--version'], { encoding: 'utf8', cwd: '/' })
  const major = /(\d+)/.exec(version.replace(/^[^\d]*/, ''))?.[1]
  if (data !== major) {
    throw new StartError(
      `The data in ${dataDirectory} is of Postgres ${data}, the embedded server is ${major}. Use the version of Atpar that wrote it, export, and import.`,
    )
  }
}

/**
 * A supervisor that was killed leaves its server to the watchdog, which needs a moment.
 * @param {string} dataDirectory
 */
async function waitForOldServer(dataDirectory) {
  const deadline = Date.now() + 30_000
  while (findHolder(dataDirectory) !== undefined && Date.now() < deadline) await sleep(100)
  const holder = findHolder(dataDirectory)
  if (holder !== undefined)
    throw new StartError(`Process ${holder} still runs Postgres on ${dataDirectory}. End it and start again.`)
}

/**
 * Runs the private Postgres of this installation.
 * @param {{ port: number, password: string, note: (words: string) => void, onSpawn: (child: import('node:child_process').ChildProcess) => void }} options
 * @returns its URL
 */
export async function startEmbeddedDatabase({ port, password, note, onSpawn }) {
  const user = postgresUser()
  const folder = chooseFolder()
  const dataDirectory = join(folder, 'data')
  const binaries = usablePostgres({ user, copyTo: join(folder, 'binaries') })
  mkdirSync(folder, { recursive: true })
  if (existsSync(join(dataDirectory, 'PG_VERSION'))) {
    await waitForOldServer(dataDirectory)
    checkMajorVersion(binaries, dataDirectory)
    prepareUpgrade(readDatabaseState() ?? { folder, migrations: [] }, dataDirectory, note)
    if (user !== undefined) chownSync(dataDirectory, user.uid, user.gid)
  } else {
    rmSync(dataDirectory, { recursive: true, force: true })
    createCluster({ binaries, dataDirectory, user, owner: OWNER, password })
    writeDatabaseState({ folder, migrations: [] })
  }
  await startPostgres({
    binaries,
    dataDirectory,
    user,
    port,
    logFile: join(LOGS, 'postgres.log'),
    settings: { max_connections: '200', log_min_duration_statement: '2000' },
    onSpawn,
  })
  return `postgres://${OWNER}:${password}@127.0.0.1:${port}/${DATABASE}`
}

/** Remembers which migrations the embedded data has, for the next start to compare. */
export function recordMigrations() {
  const state = readDatabaseState()
  if (state !== undefined) writeDatabaseState({ ...state, migrations: listMigrations() })
}

/**
 * Creates the database when the server does not have it yet and checks what later steps rely on. `pg` is loaded
 * here and not at the top: before the first install there is none.
 * @param {string} url
 */
export async function prepareDatabase(url) {
  const { Client } = await import('pg').then((module) => module.default)
  const name = decodeURIComponent(new URL(url).pathname.slice(1))
  const client = new Client({ connectionString: url })
  try {
    await client.connect()
  } catch (error) {
    await client.end().catch(() => undefined)
    // 3D000: the server is there, the database is not.
    if (/** @type {{ code?: string }} */ (error).code !== '3D000') {
      throw new StartError(
        `The database at ${new URL(url).host} does not let us in: ${/** @type {Error} */ (error).message}`,
        { cause: error },
      )
    }
    const server = new URL(url)
    server.pathname = '/postgres'
    const creator = new Client({ connectionString: server.href })
    await creator.connect()
    await creator.query(`CREATE DATABASE "${name.replaceAll('"', '""')}" TEMPLATE template0`)
    await creator.end()
    return prepareDatabase(url)
  }
  const { rows } = await client.query(
    "SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int AS version",
  )
  await client.end()
  const [{ encoding, version }] = rows
  if (encoding !== 'UTF8')
    throw new StartError(
      `The database is encoded in ${encoding}; Atpar needs UTF8. Create it with ENCODING 'UTF8' TEMPLATE template0.`,
    )
  if (version < 160_000)
    throw new StartError(`The database server is Postgres ${Math.floor(version / 10_000)}; Atpar needs 16 or newer.`)
}

/** Deletes the embedded database, its backups and its copied binaries. */
export function removeEmbeddedDatabase() {
  const state = readDatabaseState()
  // The pointer is only trusted for the two places we would have chosen ourselves.
  for (const folder of [OUTSIDE_FOLDER, join(DATA, 'postgres')]) {
    if (state === undefined || state.folder === folder) rmSync(folder, { recursive: true, force: true })
  }
}
