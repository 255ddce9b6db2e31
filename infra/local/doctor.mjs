// `npm run doctor`: what this machine offers, what runs, and how to get in. It changes nothing.
import { existsSync, statSync } from 'node:fs'
import { answersPing, findProgram } from '../../packages/tooling/src/redis.mjs'
import { describeInstallation } from './banner.mjs'
import { readDatabaseState } from './database.mjs'
import { PROVIDER_VARIABLES } from './env-variables.mjs'
import { checkMachineNode } from './install.mjs'
import { DATA, inRoot, SECRETS_FILE } from './paths.mjs'
import { say, StartError } from './progress.mjs'
import { findRunning } from './run-file.mjs'
import { readSettings } from './settings.mjs'

let problems = 0

/**
 * @param {boolean} isFine
 * @param {string} sentence
 */
function report(isFine, sentence) {
  if (!isFine) problems += 1
  say(`  ${isFine ? '✓' : '✗'} ${sentence}`)
}

/** @returns {Readonly<Record<string, string | undefined>>} */
function checkSettings() {
  try {
    const { values, warnings } = readSettings()
    report(true, 'settings are usable')
    for (const warning of warnings) report(false, warning)
    return values
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    report(false, error.message)
    return {}
  }
}

function checkMachine() {
  try {
    report(true, `Node ${checkMachineNode()}`)
  } catch (error) {
    report(false, /** @type {Error} */ (error).message)
  }
  report(
    true,
    existsSync(inRoot('node_modules', '.atpar-install'))
      ? 'packages are installed'
      : 'packages will be installed by npm start',
  )
  const redis = findProgram(['redis-server', 'valkey-server'], process.env['PATH'] ?? '')
  report(true, redis === undefined ? 'no Redis on PATH: npm start brings one' : `Redis at ${redis}`)
  const state = readDatabaseState()
  report(
    true,
    state === undefined
      ? 'no embedded database yet'
      : `embedded database in ${state.folder}, ${state.migrations.length} migrations`,
  )
  if (existsSync(SECRETS_FILE))
    report((statSync(SECRETS_FILE).mode & 0o077) === 0, `${SECRETS_FILE} is readable by its owner only`)
}

/** @param {import('./run-file.mjs').RunState} running */
async function checkParts(running) {
  for (const [name, path] of Object.entries({
    dashboard: '/api/healthz',
    proxy: '/healthz',
    worker: '/healthz',
    shipper: '/healthz',
    simulators: '/healthz',
  })) {
    const url = `http://127.0.0.1:${running.ports[name]}${path}`
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(3_000) })
      const { instance } = /** @type {{ instance?: string }} */ (await response.json())
      report(
        response.ok && instance === running.instance,
        `${name} answers at ${url}${instance === running.instance ? '' : ', but is not ours'}`,
      )
    } catch (error) {
      report(false, `${name} does not answer at ${url}: ${/** @type {Error} */ (error).message}`)
    }
  }
}

say('\nMachine')
checkMachine()
say('\nSettings')
const settings = checkSettings()
say('\nRunning')
const running = findRunning()
if (running === undefined) {
  say(`  nothing runs from ${DATA}; start it by: npm start`)
} else {
  await checkParts(running)
  const redisPort = running.ports['redis']
  if (settings['REDIS_URL'] === undefined && redisPort !== undefined && running.processes?.['redis'] !== undefined) {
    const { loadSecrets } = await import('./secrets.mjs')
    report(
      await answersPing({ port: redisPort, password: loadSecrets(settings).REDIS_PASSWORD }),
      `Redis answers on port ${redisPort}`,
    )
  }
  const realProviders = PROVIDER_VARIABLES.filter((name) => settings[name] !== undefined)
  say(
    describeInstallation({
      dashboardUrl: running.urls?.['dashboard'] ?? '(starting)',
      proxyUrl: running.urls?.['proxy'] ?? '(starting)',
      simulatorsUrl: running.urls?.['simulators'] ?? '(starting)',
      isSimulating: settings['SIMULATION'] !== 'off',
      realProviders,
      mail:
        settings['SMTP_URL'] === undefined
          ? `caught at ${running.urls?.['simulators'] ?? ''}/mail`
          : 'sent by SMTP_URL',
    }),
  )
}
process.exitCode = problems === 0 ? 0 : 1
