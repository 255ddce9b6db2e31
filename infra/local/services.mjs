import { join } from 'node:path'
import {
  PROVIDER_ADDRESSES,
  PROVIDER_PART_VARIABLES,
  PROVIDER_VARIABLES,
  REPORT_VARIABLES,
  SIGN_IN_VARIABLES,
} from './env-variables.mjs'
import { TRAFFIC_NODE_OPTIONS } from './node-options.mjs'
import { DATA, inRoot, INSTALLATION } from './paths.mjs'
import { sealingPublicKey } from './sealing-key.mjs'
import { AUDIT_SIGNER, rolePassword } from './secrets.mjs'

/** What every child may see of our environment: enough to run and to reach the outside, no secret of another part. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'LANG',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
]

export function passedOnEnvironment() {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
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
 * @property {string} name also the name of its port
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
function roleUrl({ databaseUrl, secrets }, role) {
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

/** @param {string} host */
const isEverywhere = (host) => host === '0.0.0.0' || host === '::'

const JOURNAL = join(DATA, 'journal')

/** @param {Installation} installation */
const simulatorsUrl = ({ ports }) => `http://127.0.0.1:${ports['simulators']}`

/** @param {Installation} installation */
const dashboardAddress = ({ host, ports }) => `http://${isEverywhere(host) ? '127.0.0.1' : host}:${ports['dashboard']}`

/** @param {Installation} installation */
const simulatesStripe = ({ settings, isSimulating }) => settings['STRIPE_SECRET_KEY'] === undefined && isSimulating

/**
 * Stripe, real by a key or simulated without one, to those who call it. What checks its signatures is told besides.
 * @param {Installation} installation
 * @returns {Record<string, string | undefined>}
 */
function stripeEnvironment(installation) {
  const { settings } = installation
  return simulatesStripe(installation)
    ? { STRIPE_SECRET_KEY: 'sk_test_simulated', STRIPE_API_URL: simulatorsUrl(installation) }
    : { STRIPE_SECRET_KEY: settings['STRIPE_SECRET_KEY'], STRIPE_API_URL: settings['STRIPE_API_URL'] }
}

/** @param {Installation} installation */
const collectsMoney = (installation) =>
  simulatesStripe(installation) || installation.settings['STRIPE_SECRET_KEY'] !== undefined

/**
 * @param {Installation} installation
 * @returns {Service}
 */
function describeSimulators(installation) {
  const { ports, secrets } = installation
  return {
    name: 'simulators',
    cwd: inRoot('packages', 'simulators'),
    parameters: ['src/main.ts'],
    healthPath: '/healthz',
    graceMs: 3_000,
    env: {
      ...commonEnvironment(installation),
      HOST: '127.0.0.1',
      SIMULATORS_PORT: String(ports['simulators']),
      SMTP_PORT: String(ports['mail']),
      STRIPE_FILE: join(DATA, 'simulated-stripe.json'),
      ...(simulatesStripe(installation)
        ? {
            STRIPE_WEBHOOK_URL: `${dashboardAddress(installation)}/api/stripe/webhook`,
            STRIPE_WEBHOOK_SECRET: secrets.STRIPE_WEBHOOK_SECRET,
          }
        : {}),
    },
  }
}

/**
 * @param {Installation} installation
 * @returns {Service}
 */
function describeWorker(installation) {
  const { settings, secrets, ports, redisUrl, dashboardUrl } = installation
  return {
    name: 'worker',
    cwd: inRoot('apps', 'worker'),
    parameters: ['src/main.ts'],
    healthPath: '/healthz',
    graceMs: 15_000,
    env: {
      ...commonEnvironment(installation),
      HOST: '127.0.0.1',
      PORT: String(ports['worker']),
      DATABASE_URL_WORKER: roleUrl(installation, 'worker'),
      REDIS_URL: redisUrl,
      SMTP_URL: settings['SMTP_URL'] ?? `smtp://127.0.0.1:${ports['mail']}`,
      MAIL_FROM: settings['MAIL_FROM'],
      DASHBOARD_URL: dashboardUrl,
      ...stripeEnvironment(installation),
      STRIPE_TAX: settings['STRIPE_TAX'],
      AUDIT_ANCHOR_FILE: join(DATA, 'audit-anchors.txt'),
      AUDIT_SIGNING_SEED: rolePassword(secrets, AUDIT_SIGNER),
      ...Object.fromEntries(REPORT_VARIABLES.map((name) => [name, settings[name]])),
    },
  }
}

/**
 * @param {Installation} installation
 * @returns {Service}
 */
function describeShipper(installation) {
  const { settings, ports, redisUrl } = installation
  return {
    name: 'shipper',
    cwd: inRoot('apps', 'proxy'),
    parameters: [...TRAFFIC_NODE_OPTIONS, 'src/shipper/main.ts'],
    healthPath: '/healthz',
    graceMs: 15_000,
    env: {
      ...commonEnvironment(installation),
      HOST: '127.0.0.1',
      PORT: String(ports['shipper']),
      JOURNAL_DIR: JOURNAL,
      DATABASE_URL_SHIPPER: roleUrl(installation, 'shipper'),
      REDIS_URL: redisUrl,
      JOURNAL_KEEP_HOURS: settings['JOURNAL_KEEP_HOURS'],
      JOURNAL_KEEP_MEGABYTES: settings['JOURNAL_KEEP_MEGABYTES'],
    },
  }
}

/**
 * The only part that is told provider keys, and the only one that opens customers' own.
 * @param {Installation} installation
 * @returns {Service}
 */
function describeProxy(installation) {
  const { settings, secrets, ports, redisUrl } = installation
  return {
    name: 'proxy',
    cwd: inRoot('apps', 'proxy'),
    parameters: [...TRAFFIC_NODE_OPTIONS, 'src/main.ts'],
    healthPath: '/healthz',
    graceMs: 30_000,
    env: {
      ...commonEnvironment(installation),
      ...Object.fromEntries(
        [...PROVIDER_VARIABLES, ...PROVIDER_ADDRESSES, ...PROVIDER_PART_VARIABLES].map((name) => [
          name,
          settings[name],
        ]),
      ),
      PORT: String(ports['proxy']),
      DATABASE_URL_GATEWAY: roleUrl(installation, 'gateway'),
      REDIS_URL: redisUrl,
      KEY_PEPPERS: keyPeppers(installation),
      SEALING_PRIVATE_KEYS: secrets.SEALING_PRIVATE_KEYS,
      JOURNAL_DIR: JOURNAL,
      PROXY_ID: 'proxy-1',
      SNAPSHOT_FILE: join(DATA, 'snapshot.json'),
      SIMULATORS_URL: simulatorsUrl(installation),
      INTERNAL_TOKEN: secrets.INTERNAL_TOKEN,
      // Less than the grace period, after which it would be killed with its streams.
      PROXY_DRAIN_SECONDS: '25',
      PROXY_PROCESSES: settings['PROXY_PROCESSES'] ?? '1',
      TRUSTED_PROXIES: settings['TRUSTED_PROXIES'],
      LOCAL_ENDPOINTS: settings['LOCAL_ENDPOINTS'],
    },
  }
}

/**
 * @param {Installation} installation
 * @returns {Service}
 */
function describeDashboard(installation) {
  const { settings, secrets, ports, host, redisUrl, dashboardUrl, proxyUrl, commit } = installation
  // The `next` command starts a second process that outlives it when killed; its script does not.
  const next = inRoot('apps', 'dashboard', 'node_modules', 'next', 'dist', 'bin', 'next')
  return {
    name: 'dashboard',
    cwd: inRoot('apps', 'dashboard'),
    parameters: [next, 'start', '-H', host, '-p', String(ports['dashboard'])],
    healthPath: '/api/healthz',
    graceMs: 5_000,
    env: {
      ...commonEnvironment(installation),
      NEXT_TELEMETRY_DISABLED: '1',
      DATABASE_URL_APP: roleUrl(installation, 'app'),
      REDIS_URL: redisUrl,
      NEXTAUTH_SECRET: secrets.SESSION_SECRET,
      NEXTAUTH_URL: dashboardUrl,
      PROXY_URL: proxyUrl,
      SIMULATORS_URL: simulatorsUrl(installation),
      ...stripeEnvironment(installation),
      STRIPE_WEBHOOK_SECRET: collectsMoney(installation) ? secrets.STRIPE_WEBHOOK_SECRET : undefined,
      // Without a mail server the mails of this installation are read there.
      MAIL_PAGE_URL: settings['SMTP_URL'] === undefined ? `${simulatorsUrl(installation)}/mail` : undefined,
      ...Object.fromEntries(SIGN_IN_VARIABLES.map((name) => [name, settings[name]])),
      KEY_PEPPERS: keyPeppers(installation),
      // Seals customers' credentials and cannot open them.
      SEALING_PUBLIC_KEY: sealingPublicKey(secrets.SEALING_PRIVATE_KEYS),
      PROXY_INTERNAL_URL: `http://${isEverywhere(host) ? '127.0.0.1' : host}:${ports['proxy']}`,
      INTERNAL_TOKEN: secrets.INTERNAL_TOKEN,
      TRUSTED_PROXIES: settings['TRUSTED_PROXIES'],
      LOCAL_ENDPOINTS: settings['LOCAL_ENDPOINTS'],
      // Two copies on one host name would overwrite each other's session cookie.
      COOKIE_NAME: `atpar-${INSTALLATION}`,
      SOURCE_COMMIT: commit,
      SOURCE_URL: settings['SOURCE_URL'],
    },
  }
}

/**
 * The services in the order they are registered. They are ended in the reverse of it, so that the proxy drains before
 * the shipper that writes down what it did.
 * @param {Installation} installation
 * @returns {Service[]}
 */
export function describeServices(installation) {
  return [describeSimulators, describeWorker, describeShipper, describeProxy, describeDashboard].map((describe) =>
    describe(installation),
  )
}
