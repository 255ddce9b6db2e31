// `npm run prove`: recomputes the proofs of money (P1 to P5) on the running installation's database.
import { existsSync, readFileSync } from 'node:fs'
import { RUN_FILE, SECRETS_FILE } from './paths.mjs'
import { runWorkspaceScript } from './run-workspace-script.mjs'
import { readSettings } from './settings.mjs'

/** The database of this clone: the one `.env` names, or the embedded one, which has to be running. */
function findDatabaseUrl() {
  const given = readSettings().values['DATABASE_URL']
  if (given !== undefined) return given
  if (!existsSync(RUN_FILE) || !existsSync(SECRETS_FILE)) return undefined
  /** @type {import('./run-file.mjs').RunState} */
  const { ports } = JSON.parse(readFileSync(RUN_FILE, 'utf8'))
  /** @type {import('./secrets.mjs').Secrets} */
  const { POSTGRES_PASSWORD } = JSON.parse(readFileSync(SECRETS_FILE, 'utf8'))
  return `postgres://atpar_owner:${POSTGRES_PASSWORD}@127.0.0.1:${ports['postgres']}/atpar`
}

await runWorkspaceScript('infra/prove/main.ts', { DATABASE_URL: findDatabaseUrl() })
