import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRoot } from './paths.mjs'
import { captureCommand } from './run-command.mjs'
import { StartError } from './progress.mjs'

/**
 * Starts a whole installation the way a person does, with data of its own, for the browser and system tests; so
 * every test run also tests the one command. In CI it ignores what the machine has, which proves the install path.
 */
export async function startTestInstallation() {
  const data = mkdtempSync(join(tmpdir(), 'atpar-installation-'))
  const env = {
    ...process.env,
    ATPAR_DATA_DIR: data,
    ...(process.env['CI'] === 'true' && process.platform === 'linux' ? { ATPAR_IGNORE_SYSTEM: '1' } : {}),
  }
  const script = inRoot('infra', 'local', 'start.mjs')
  const stop = async () => {
    const { code, output } = await captureCommand(process.execPath, [inRoot('infra', 'local', 'stop.mjs')], { env })
    if (code !== 0) throw new StartError(`The test installation did not stop:\n${output}`)
    await captureCommand(process.execPath, [inRoot('infra', 'local', 'reset.mjs')], { env })
    rmSync(data, { recursive: true, force: true })
  }
  const { code, output } = await captureCommand(process.execPath, [script, '--detach'], { env, isShown: true })
  if (code !== 0) {
    await stop()
    throw new StartError(`The test installation did not start:\n${output.split('\n').slice(-30).join('\n')}`)
  }
  /** @type {import('./run-file.mjs').RunState} */
  const { urls, ports } = JSON.parse(readFileSync(join(data, 'run.json'), 'utf8'))
  /** @type {import('./secrets.mjs').Secrets} */
  const secrets = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8'))
  return {
    environment: {
      TEST_DASHBOARD_URL: urls?.['dashboard'],
      TEST_PROXY_URL: urls?.['proxy'],
      TEST_SIMULATORS_URL: urls?.['simulators'],
      TEST_DEMO_FILE: join(data, 'demo.json'),
      TEST_INSTALLATION_DATABASE_URL: `postgres://atpar_owner:${secrets.POSTGRES_PASSWORD}@127.0.0.1:${ports['postgres']}/atpar`,
      TEST_INSTALLATION_REDIS_URL: `redis://:${secrets.REDIS_PASSWORD}@127.0.0.1:${ports['redis']}`,
    },
    stop,
  }
}
