import { PROVIDER_VARIABLES } from './env-variables.mjs'
import { DATA, inRoot, INSTALLATION } from './paths.mjs'
import { rolePassword } from './secrets.mjs'
import { join } from 'node:path'

/** What every child may see of our environment: enough to run and to reach the outside, no secret of another part. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']

export function passedOnEnvironment() {
  return Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}

/**
 * Everything the parts of one installation are told, gathered while it starts.
 * @typedef {object} Installation
 * @property {string} node the Node 24 binary
 * @property {Readonly<Record<string, string | undefined>>} settings
 * @property {import('./secrets.mjs').Secrets} secrets
 * @property {Readonly<Record<string, number>>} ports
 * @property {string} host
 * @property {string} databaseUrl
 * @property {string} redisUrl
 * @property {string} dashboardUrl
 * @property {string} proxyUrl
 * @property {boolean} isSimulating
 * @property {string} commit
 */

/**
 * @typedef {object} Service
 * @property {string} name
 * @property {string} port the name of its port
 * @property {string} cwd
 * @property {readonly string[]} parameters for Node
 * @property {string} healthPath
 * @property {number} graceMs how long it may take to finish what it has in hand
 * @property {Record<string, string | undefined>} env
 */

/**
 * @param {Installation} installation
 * @param {string} role
 */
export function roleUrl({ databaseUrl, secrets }, role) {
  const url = new URL(databaseUrl)
  url.username = `atpar_${role}`
  url.password = rolePassword(secrets, `atpar_${role}`)
  return url.href
}

/** @param {Installation} installation */
export const keyPeppers = ({ secrets }) => `${secrets.KEY_PEPPER_ID}:${secrets.KEY_PEPPER}`

/**
 * @param {Installation} installation
 * @returns {Record<string, string | undefined>}
 */
function commonEnvironment({ settings, secrets, host, isSimulating }) {
  return {
    ...passedOnEnvironment(),
    NODE_ENV: 'production',
    INSTANCE_ID: secrets.INSTANCE_ID,
    HOST: host,
    LOG_LEVEL: settings['LOG_LEVEL'] ?? 'info',
    SIMULATION: isSimulating ? 'on' : 'off',
  }
}

/**
 * The services in the order they are registered; they are ended in the reverse of it, so that the proxy drains before
 * the shipper that writes down what it did.
 * @param {Installation} installation
 * @returns {Service[]}
 */
export function describeServices(installation) {
  const { settings, secrets, ports, redisUrl, dashboardUrl, proxyUrl, commit } = installation
  const common = commonEnvironment(installation)
  const journal = join(DATA, 'journal')
  const simulatorsUrl = `http://127.0.0.1:${ports['simulators']}`
  const providers = Object.fromEntries(PROVIDER_VARIABLES.map((name) => [name, settings[name]]))
  return [
    {
      name: 'simulators',
      port: 'simulators',
      cwd: inRoot('packages', 'simulators'),
      parameters: ['src/main.ts'],
      healthPath: '/healthz',
      graceMs: 3_000,
      env: { ...common, HOST: '127.0.0.1', SIMULATORS_PORT: String(ports['simulators']), SMTP_PORT: String(ports['mail']) },
    },
    {
      name: 'worker',
      port: 'worker',
      cwd: inRoot('apps', 'worker'),
      parameters: ['src/main.ts'],
      healthPath: '/healthz',
      graceMs: 15_000,
      env: {
        ...common,
        HOST: '127.0.0.1',
        PORT: String(ports['worker']),
        DATABASE_URL_WORKER: roleUrl(installation, 'worker'),
        REDIS_URL: redisUrl,
        SMTP_URL: settings['SMTP_URL'] ?? `smtp://127.0.0.1:${ports['mail']}`,
        DASHBOARD_URL: dashboardUrl,
        JOURNAL_DIR: journal,
      },
    },
    {
      name: 'shipper',
      port: 'shipper',
      cwd: inRoot('apps', 'proxy'),
      parameters: ['src/shipper/main.ts'],
      healthPath: '/healthz',
      graceMs: 15_000,
      env: {
        ...common,
        HOST: '127.0.0.1',
        PORT: String(ports['shipper']),
        JOURNAL_DIR: journal,
        DATABASE_URL_SHIPPER: roleUrl(installation, 'shipper'),
        REDIS_URL: redisUrl,
      },
    },
    {
      name: 'proxy',
      port: 'proxy',
      cwd: inRoot('apps', 'proxy'),
      parameters: ['src/main.ts'],
      healthPath: '/healthz',
      graceMs: 30_000,
      env: {
        ...common,
        ...providers,
        PORT: String(ports['proxy']),
        DATABASE_URL_GATEWAY: roleUrl(installation, 'gateway'),
        REDIS_URL: redisUrl,
        KEY_PEPPERS: keyPeppers(installation),
        SEALING_KEY: secrets.SEALING_KEY,
        JOURNAL_DIR: journal,
        PROXY_ID: 'proxy-1',
        SNAPSHOT_FILE: join(DATA, 'snapshot.json'),
        SIMULATORS_URL: simulatorsUrl,
        INTERNAL_TOKEN: secrets.INTERNAL_TOKEN,
        PROXY_PROCESSES: settings['PROXY_PROCESSES'] ?? '1',
      },
    },
    {
      name: 'dashboard',
      port: 'dashboard',
      cwd: inRoot('apps', 'dashboard'),
      // The `next` command starts a second process that outlives it when killed; its script does not.
      parameters: [inRoot('apps', 'dashboard', 'node_modules', 'next', 'dist', 'bin', 'next'), 'start', '-H', installation.host, '-p', String(ports['dashboard'])],
      healthPath: '/api/healthz',
      graceMs: 5_000,
      env: {
        ...common,
        NEXT_TELEMETRY_DISABLED: '1',
        DATABASE_URL_APP: roleUrl(installation, 'app'),
        REDIS_URL: redisUrl,
        NEXTAUTH_SECRET: secrets.SESSION_SECRET,
        NEXTAUTH_URL: dashboardUrl,
        PROXY_URL: proxyUrl,
        SIMULATORS_URL: simulatorsUrl,
        KEY_PEPPERS: keyPeppers(installation),
        SEALING_KEY: secrets.SEALING_KEY,
        // Two copies on one host name would overwrite each other's session cookie.
        COOKIE_NAME: `atpar-${INSTALLATION}`,
        SOURCE_COMMIT: commit,
      },
    },
  ]
}
