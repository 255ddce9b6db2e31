// `npm start`: from a bare clone to a running Atpar. This file is the table of contents; each step has its own module.
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { answersPing, startRedis } from '../../packages/tooling/src/redis.mjs'
import { describeInstallation } from './banner.mjs'
import { buildDashboard, generateClient, sourceCommit } from './build.mjs'
import { choosePorts } from './choose-ports.mjs'
import { prepareDatabase, recordMigrations, removeEmbeddedDatabase, startEmbeddedDatabase } from './database.mjs'
import { startDetached } from './detach.mjs'
import { PROVIDER_VARIABLES } from './env-variables.mjs'
import { checkMachineNode, installPackages } from './install.mjs'
import { whenNpmDies } from './launcher.mjs'
import { DATA, DEMO_FILE, inRoot, LOGS } from './paths.mjs'
import { complain, say, StartError, step } from './progress.mjs'
import { ensureRedis } from './redis-binary.mjs'
import { runCommand } from './run-command.mjs'
import { findRunning, removeRunFile, writeRunFile } from './run-file.mjs'
import { loadSecrets } from './secrets.mjs'
import { describeServices, keyPeppers, passedOnEnvironment } from './services.mjs'
import { readSettings } from './settings.mjs'
import { createSupervisor, lastLogLines, waitHealthy } from './supervise.mjs'

const flags = new Set(process.argv.slice(2))

/** @type {{ stop: () => Promise<void> } | undefined} */
let supervisor
let isEnding = false

/**
 * Ends everything in order and then this process. Whatever asks first decides the exit code.
 * @param {number} exitCode
 */
async function end(exitCode) {
  if (isEnding) return
  isEnding = true
  await supervisor?.stop()
  if (supervisor !== undefined) removeRunFileButKeepPorts()
  process.exit(exitCode)
}

/** @type {Record<string, number>} */
let chosenPorts = {}

/** The next start asks for the same ports again, so that bookmarks and clients keep working. */
function removeRunFileButKeepPorts() {
  if (Object.keys(chosenPorts).length === 0) removeRunFile()
  else writeRunFile({ pid: 0, instance: '', state: 'stopped', ports: chosenPorts })
}

function reset() {
  removeEmbeddedDatabase()
  for (const name of ['redis', 'journal', 'snapshot.json', 'secrets.json', 'demo.json', 'database.json', 'run.json']) {
    rmSync(join(DATA, name), { recursive: true, force: true })
  }
}

/**
 * @param {import('./services.mjs').Installation} installation
 * @param {boolean} isEmbedded
 * @param {(words: string) => void} note
 */
async function migrateAndSeed(installation, isEmbedded, note) {
  const { node, databaseUrl, secrets } = installation
  const env = { ...passedOnEnvironment(), NODE_ENV: 'production', DATABASE_URL: databaseUrl, ROLE_PASSWORD_SECRET: secrets.ROLE_PASSWORD_SECRET }
  const logFile = join(LOGS, 'database.log')
  await runCommand(node, [inRoot('prisma', 'apply-migrations.ts')], { env, logFile, failure: 'The database could not be migrated' })
  if (isEmbedded) recordMigrations()
  await runCommand(node, [inRoot('prisma', 'seed', 'run.ts')], {
    env: {
      ...env,
      KEY_PEPPERS: keyPeppers(installation),
      DEMO_PASSWORD: secrets.DEMO_PASSWORD,
      DEMO_KEY_FILE: DEMO_FILE,
      // A database of one's own gets the catalogue and no demo organization.
      SEED_DEMO: isEmbedded ? 'on' : 'off',
    },
    logFile,
    failure: 'The database could not be seeded',
  })
  note(isEmbedded ? 'migrated, with the demo organization' : 'migrated')
}

/**
 * @param {import('./services.mjs').Installation} installation
 * @param {ReturnType<typeof createSupervisor>} running
 */
async function startServices(installation, running) {
  const { node, secrets, ports } = installation
  mkdirSync(join(DATA, 'journal'), { recursive: true, mode: 0o700 })
  const services = describeServices(installation).map((service) => ({
    ...service,
    part: running.launch(service.name, { ...service, command: node }),
  }))
  await Promise.all(
    services.map(({ name, port, healthPath, part }) =>
      step(
        `${name} on port ${ports[port]}`,
        () =>
          waitHealthy({
            name,
            url: `http://127.0.0.1:${ports[port]}${healthPath}`,
            instance: secrets.INSTANCE_ID,
            isAlive: () => part.child.exitCode === null && part.child.signalCode === null,
          }),
        { isOneOfSeveral: true },
      ),
    ),
  )
}

async function start() {
  const running = findRunning()
  if (running !== undefined) {
    say(`Atpar is already running here (process ${running.pid}): ${running.urls?.['dashboard'] ?? 'still starting'}. Stop it by: npm stop`)
    return
  }
  if (flags.has('--reset')) await step('Remove old data', reset)
  mkdirSync(LOGS, { recursive: true, mode: 0o700 })

  await step('Node', (note) => note(checkMachineNode()))
  const { settings, secrets, warnings } = await step('Settings', () => {
    const { values, warnings: typos } = readSettings()
    return { settings: values, secrets: loadSecrets(values), warnings: typos }
  })
  for (const warning of warnings) say(`    note: .env: ${warning}`)
  const node = await step('Packages', installPackages)
  await step('Database client', (note) => generateClient(node, note))
  await step('Dashboard build', (note) => buildDashboard(node, note))

  const host = settings['HOST'] ?? '127.0.0.1'
  const { ports, moved } = await choosePorts(settings, host)
  chosenPorts = ports
  for (const sentence of moved) say(`    note: ${sentence}`)
  const parts = createSupervisor(({ name, how }) => {
    say(`\n${name} ${how}. Its last lines (${join(LOGS, `${name}.log`)}):\n${lastLogLines(name)}\n`)
    say('Everything else is being stopped.')
    void end(1)
  })
  supervisor = parts
  const shownHost = host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : host
  const urls = {
    dashboard: settings['DASHBOARD_URL'] ?? `http://${shownHost}:${ports['dashboard']}`,
    proxy: settings['PROXY_URL'] ?? `http://${shownHost}:${ports['proxy']}`,
    simulators: `http://${shownHost}:${ports['simulators']}`,
  }
  writeRunFile({ pid: process.pid, instance: secrets.INSTANCE_ID, state: 'starting', ports })

  const isEmbedded = settings['DATABASE_URL'] === undefined
  const databaseUrl = await step('Postgres', async (note) => {
    let url = settings['DATABASE_URL']
    if (url === undefined) {
      note(`embedded, port ${ports['postgres']}`)
      const embedded = await startEmbeddedDatabase({ port: ports['postgres'] ?? 0, password: secrets.POSTGRES_PASSWORD, note })
      parts.adopt('postgres', embedded.child, { signal: 'SIGINT', graceMs: 20_000 })
      url = embedded.url
    } else note('from DATABASE_URL')
    await prepareDatabase(url)
    return url
  })
  const redisUrl = await step('Redis', async (note) => {
    const given = settings['REDIS_URL']
    if (given !== undefined) {
      note('from REDIS_URL')
      const { protocol, hostname, port, password } = new URL(given)
      const target = { host: hostname, port: Number(port || 6379), timeoutMs: 3_000, ...(password === '' ? {} : { password: decodeURIComponent(password) }) }
      // A TLS or ACL login is left to the services to try: this check speaks the plain protocol only.
      if (protocol === 'redis:' && new URL(given).username === '' && !(await answersPing(target))) {
        throw new StartError(`No Redis answers at ${hostname}:${target.port}, where REDIS_URL points.`)
      }
      return given
    }
    const { binary, libraryPath, origin } = await ensureRedis(note)
    const port = ports['redis'] ?? 0
    const child = await startRedis({
      binary,
      directory: join(DATA, 'redis'),
      port,
      logFile: join(LOGS, 'redis.log'),
      password: secrets.REDIS_PASSWORD,
      ...(libraryPath === undefined ? {} : { libraryPath }),
    })
    parts.adopt('redis', child)
    note(`embedded (${origin}), port ${port}`)
    return `redis://:${secrets.REDIS_PASSWORD}@127.0.0.1:${port}`
  })

  const realProviders = PROVIDER_VARIABLES.filter((name) => settings[name] !== undefined)
  const installation = {
    node,
    settings,
    secrets,
    ports,
    host,
    databaseUrl,
    redisUrl,
    dashboardUrl: urls.dashboard,
    proxyUrl: urls.proxy,
    isSimulating: realProviders.length < PROVIDER_VARIABLES.length,
    commit: await sourceCommit(),
  }
  await step('Migrations and seed', (note) => migrateAndSeed(installation, isEmbedded, note))
  await startServices(installation, parts)

  const processes = Object.fromEntries(parts.parts.map((part) => [part.name, part.pid]))
  writeRunFile({ pid: process.pid, instance: secrets.INSTANCE_ID, state: 'ready', ports, urls, processes })
  say(
    describeInstallation({
      dashboardUrl: urls.dashboard,
      proxyUrl: urls.proxy,
      simulatorsUrl: urls.simulators,
      isSimulating: installation.isSimulating,
      realProviders,
      mail: settings['SMTP_URL'] === undefined ? `caught at ${urls.simulators}/mail` : 'sent by SMTP_URL',
    }),
  )
  if (!existsSync(DEMO_FILE) && isEmbedded) say('    note: the demo login is unknown; `npm start -- --reset` makes a new one.')
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    if (!isEnding) say('\nStopping …')
    void end(0)
  })
}
whenNpmDies(() => void end(1))

try {
  if (flags.has('--detach')) await startDetached(flags)
  else await start()
} catch (error) {
  if (!isEnding) complain(error)
  await end(1)
}
