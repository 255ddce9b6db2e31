import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '')

/** Everything this clone keeps between runs. Another folder makes another installation of the same clone. */
export const DATA = resolve(ROOT, process.env['ATPAR_DATA_DIR'] ?? '.data')

export const LOGS = join(DATA, 'logs')
export const RUN_FILE = join(DATA, 'run.json')
export const SECRETS_FILE = join(DATA, 'secrets.json')
export const DEMO_FILE = join(DATA, 'demo.json')
export const DATABASE_FILE = join(DATA, 'database.json')

/** Short and stable per installation: names the folder outside the clone and the cookie. */
export const INSTALLATION = createHash('sha256').update(DATA).digest('hex').slice(0, 10)

/** Root's Postgres runs as another user, to whom a clone below a 0700 folder is closed. */
export const OUTSIDE_FOLDER = join('/var/tmp', `atpar-${INSTALLATION}`)

/** @param {...string} parts */
export const inRoot = (...parts) => join(ROOT, ...parts)
