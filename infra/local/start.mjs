// `npm start`: from a bare clone to a running Atpar. This file is the table of contents; each step has its own module.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describeInstallation } from './banner.mjs'
import { buildDashboard, generateClient, sourceCommit } from './build.mjs'
import { choosePorts } from './choose-ports.mjs'
import { recordMigrations } from './database.mjs'
import { startDetached } from './detach.mjs'
import { PROVIDER_VARIABLES } from './env-variables.mjs'
import { checkMachineNode, installPackages } from './install.mjs'
import { whenNpmDies } from './launcher.mjs'
import { DATA, DEMO_FILE, inRoot, LOGS } from './paths.mjs'
import { complain, say, step } from './progress.mjs'
import { removeData } from './remove-data.mjs'
import { runCommand } from './run-command.mjs'
import { findRunning, removeRunFile, writeRunFile } from './run-file.mjs'
import { loadSecrets } from './secrets.mjs'
import { describeServices, keyPeppers, passedOnEnvironment } from './services.mjs'
import { readSettings } from './settings.mjs'
import { openDatabase, openRedis } from './stores.mjs'
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

/**
 * @param {import('./services.mjs').Installation} installation
 * @param {boolean} isEmbedded
 * @param {(words: string) => void} note
 */
async function migrateAndSeed(installation, isEmbedded, note) {
  const { node, databaseUrl, secrets } = installation
  const env = {
    ...passedOnEnvironment(),
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    ROLE_PASSWORD_SECRET: secrets.ROLE_PASSWORD_SECRET,
  }
  const logFile = join(LOGS, 'database.log')
  await runCommand(node, [inRoot('prisma', 'apply-migrations.ts')], {
    env,
    logFile,
    failure: 'The database could not be migrated',
  })
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
    services.map(({ name, healthPath, part }) =>
      step(
        `${name} on port ${ports[name]}`,
        () =>
          waitHealthy({
            name,
            url: `http://127.0.0.1:${ports[name]}${healthPath}`,
            instance: secrets.INSTANCE_ID,
            isAlive: () => part.child.exitCode === null && part.child.signalCode === null,
          }),
        { isOneOfSeveral: true },
      ),
    ),
  )
}

/**
 * Where people and clients find us: behind a proxy of one's own that is not where we listen.
 * @param {Readonly<Record<string, string | undefined>>} settings
 * @param {string} host
 * @param {Readonly<Record<string, number>>} ports
 */
function publicUrls(settings, host, ports) {
  const shownHost = ['0.0.0.0', '::', '127.0.0.1'].includes(host) ? 'localhost' : host
  return {
    dashboard: settings['DASHBOARD_URL'] ?? `http://${shownHost}:${ports['dashboard']}`,
    proxy: settings['PROXY_URL'] ?? `http://${shownHost}:${ports['proxy']}`,
    simulators: `http://localhost:${ports['simulators']}`,
  }
}

async function start() {
  const running = findRunning()
  if (running !== undefined) {
    say(
      `Atpar is already running here (process ${running.pid}): ${running.urls?.['dashboard'] ?? 'still starting'}. Stop it by: npm stop`,
    )
    return
  }
  if (flags.has('--reset')) await step('Remove old data', removeData)
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
  const urls = publicUrls(settings, host, ports)
  writeRunFile({ pid: process.pid, instance: secrets.INSTANCE_ID, state: 'starting', ports })

  const isEmbedded = settings['DATABASE_URL'] === undefined
  const stores = { settings, secrets, ports, supervisor: parts }
  const databaseUrl = await step('Postgres', (note) => openDatabase(stores, note))
  const redisUrl = await step('Redis', (note) => openRedis(stores, note))

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
    isSimulating: settings['SIMULATION'] !== 'off',
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
  if (!existsSync(DEMO_FILE) && isEmbedded)
    say('    note: the demo login is unknown; `npm start -- --reset` makes a new one.')
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
