import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isGroupRunning } from '../../packages/tooling/src/process-groups.mjs'
import { startWatchdog } from '../../packages/tooling/src/watchdog.mjs'
import { inRoot } from './paths.mjs'

const LIMIT_MS = 300_000

/**
 * Runs one of the scripts of this folder as a person would, to its end.
 * @param {string} script
 * @param {{ data: string, flags?: readonly string[], env?: Readonly<Record<string, string>> }} options
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(script, { data, flags = [], env = {} }) {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env, ATPAR_DATA_DIR: data }, maxBuffer: 10_000_000 }
    execFile(
      process.execPath,
      [inRoot('infra', 'local', `${script}.mjs`), ...flags],
      options,
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr })
      },
    )
  })
}

/** @param {string} data */
const readRun = (data) => JSON.parse(readFileSync(join(data, 'run.json'), 'utf8'))

/**
 * The server's process as its own lock file names it; NaN while there is none.
 * @param {string} data
 */
function readPostgresPid(data) {
  const { folder } = JSON.parse(readFileSync(join(data, 'database.json'), 'utf8'))
  const lock = join(folder, 'data', 'postmaster.pid')
  return existsSync(lock) ? Number.parseInt(readFileSync(lock, 'utf8'), 10) : Number.NaN
}

/** What runs in the background is ended even when a signal ends these tests, which then clean nothing up. */
const watchdog = startWatchdog()

/** @param {string} data */
async function startInBackground(data) {
  const ran = await run('start', { data, flags: ['--detach'] })
  if (ran.code === 0) watchdog.watch(readRun(data).pid, { graceMs: LIMIT_MS })
  return ran
}

/** @param {string} output what `npm start` printed */
function printedCurl(output) {
  const start = output.indexOf('curl ')
  return output.slice(start, output.indexOf("}'", start) + 2)
}

/** @param {string} curl */
async function status(curl) {
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `${curl} --silent --output /dev/null --write-out '%{http_code}'`,
  ])
  return stdout
}

/** @param {readonly number[]} groups */
async function areGoneWithin(groups, limitMs = 60_000) {
  const deadline = Date.now() + limitMs
  while (groups.some(isGroupRunning) && Date.now() < deadline) await sleep(100)
  return groups.filter(isGroupRunning)
}

describe('npm start', () => {
  /** @type {string} */
  let data
  /** @type {string} */
  let curl
  /** @type {string} */
  let other
  beforeAll(() => {
    data = mkdtempSync(join(tmpdir(), 'atpar-first-'))
    other = mkdtempSync(join(tmpdir(), 'atpar-second-'))
  })
  afterAll(async () => {
    for (const folder of [data, other]) {
      await run('stop', { data: folder })
      await run('reset', { data: folder })
      rmSync(folder, { recursive: true, force: true })
    }
  }, LIMIT_MS)

  it('names every bad setting at once and starts nothing', async () => {
    const { code, output } = await run('start', { data, env: { PROXY_PORT: 'many', LOG_LEVEL: 'loud' } })
    expect(code).toBe(1)
    expect(output).toContain('PROXY_PORT is "many": expected a port number from 1 to 65535.')
    expect(output).toContain('LOG_LEVEL is "loud": expected one of debug, info, warn, error.')
  })

  it('reaches ready, and the curl it prints answers 200', { timeout: LIMIT_MS }, async () => {
    const { code, output } = await startInBackground(data)
    expect(output).toContain('Atpar is ready.')
    expect(code).toBe(0)
    curl = printedCurl(output)
    expect(await status(curl)).toBe('200')
  })

  it('says that it already runs, and the doctor finds every part well', { timeout: LIMIT_MS }, async () => {
    const again = await run('start', { data })
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('already running') })
    const doctor = await run('doctor', { data })
    expect(doctor).toMatchObject({ code: 0, output: expect.not.stringContaining('✗') })
  })

  it('runs beside another installation, each with ports and keys of its own', { timeout: LIMIT_MS }, async () => {
    const { output } = await startInBackground(other)
    expect(output).toContain('Atpar is ready.')
    const [first, second] = [readRun(data), readRun(other)]
    expect(Object.values(first.ports).filter((port) => Object.values(second.ports).includes(port))).toEqual([])
    expect(first.instance).not.toBe(second.instance)
    const theirs = printedCurl(output)
    expect(await status(theirs)).toBe('200')
    const foreignKey = /Bearer (\S+)"/.exec(curl)?.[1] ?? ''
    expect(await status(theirs.replace(/Bearer \S+"/, `Bearer ${foreignKey}"`))).toBe('401')
    expect((await run('stop', { data: other })).output).toContain('stopped')
  })

  it('leaves nothing behind when it is interrupted before it is ready', { timeout: LIMIT_MS }, async () => {
    const child = spawn(process.execPath, [inRoot('infra', 'local', 'start.mjs'), '--detach'], {
      env: { ...process.env, ATPAR_DATA_DIR: other },
      stdio: 'ignore',
    })
    // Postgres is there and takes no connections yet.
    let postgres = Number.NaN
    while (Number.isNaN(postgres)) {
      await sleep(5)
      postgres = readPostgresPid(other)
    }
    const { pid } = readRun(other)
    child.kill('SIGTERM')
    expect(await areGoneWithin([pid, postgres])).toEqual([])
    expect(readRun(other).state).toBe('stopped')
  })

  it(
    'leaves nothing running when it is killed, and comes back with its key and ports',
    { timeout: LIMIT_MS },
    async () => {
      const { pid, processes, ports } = readRun(data)
      process.kill(pid, 'SIGKILL')
      expect(await areGoneWithin(Object.values(processes))).toEqual([])
      expect((await startInBackground(data)).output).toContain('Atpar is ready.')
      expect(readRun(data).ports).toEqual(ports)
      expect(await status(curl)).toBe('200')
      expect((await run('stop', { data })).code).toBe(0)
    },
  )

  it('names a part that dies, stops the others and ends with 1', { timeout: LIMIT_MS }, async () => {
    const child = spawn(process.execPath, [inRoot('infra', 'local', 'start.mjs')], {
      env: { ...process.env, ATPAR_DATA_DIR: data },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    const code = await new Promise((resolve) => {
      child.once('exit', resolve)
      child.stdout.on('data', (bytes) => {
        const wasReady = output.includes('Atpar is ready.')
        output += bytes.toString()
        if (!wasReady && output.includes('Atpar is ready.')) process.kill(readRun(data).processes.shipper, 'SIGKILL')
      })
    })
    expect(output).toContain('shipper was ended by SIGKILL. Its last lines')
    expect(output).toContain('shipper-ready')
    expect(code).toBe(1)
    expect(readRun(data).state).toBe('stopped')
  })
})
