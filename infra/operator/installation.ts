import { AUDIT_SIGNER, loadSecrets, rolePassword, saveSecret } from '../local/secrets.mjs'
import { findRunning } from '../local/run-file.mjs'
import { readSettings } from '../local/settings.mjs'
import { PROVIDER_VARIABLES } from '../local/env-variables.mjs'
import { readOperatorEnv } from './env.ts'
import type { ReportSource } from '../../apps/worker/src/reconciliation/fetch-reports.ts'
import type { SealingKeyStore } from './rotate-sealing-key.ts'

export interface Installation {
  /** As the worker's role. */
  readonly databaseUrl: string
  /** As the proxy's role: what touches sealed credentials. */
  readonly gatewayUrl: string
  /** The proxy's; null when another installation's were not given. */
  readonly sealingKeys: SealingKeyStore | null
  readonly redisUrl: string | null
  /** As the owner of the tables: for what no service may do. */
  readonly ownerUrl: string | null
  /** What the worker signs anchors of the record of acts with. */
  readonly auditSigningSeed: string | null
  /** Providers whose reports of usage and costs can be fetched: by an admin key that was given, or the simulated ones. */
  readonly reportSources: readonly ReportSource[]
  /** Where Stripe is simulated; null when it is real, or there is none. */
  readonly simulatedStripeUrl: string | null
  /** No provider is real, so its clock may be moved. */
  readonly isSimulating: boolean
}

const keptByPerson = (keys: string | undefined): SealingKeyStore | null =>
  keys === undefined ? null : { read: () => keys, write: null }

const realSources = (values: Readonly<Record<string, string | undefined>>): readonly ReportSource[] =>
  (['openai', 'anthropic'] as const).flatMap((provider) => {
    const adminKey = values[`${provider.toUpperCase()}_ADMIN_KEY`]
    const baseUrl = values[`${provider.toUpperCase()}_BASE_URL`] ?? `https://api.${provider}.com/v1`
    return adminKey === undefined ? [] : [{ provider, baseUrl, adminKey }]
  })

const simulatedSources = (port: number): readonly ReportSource[] => [
  { provider: 'openai', baseUrl: `http://127.0.0.1:${port}/openai/v1`, adminKey: 'sk-admin-simulated' },
  { provider: 'anthropic', baseUrl: `http://127.0.0.1:${port}/anthropic/v1`, adminKey: 'sk-ant-admin-simulated' },
]

/** What the environment names, else the installation that runs from this folder. @throws Error when there is neither. */
export const findInstallation = (): Installation => {
  const env = readOperatorEnv()
  if (env.DATABASE_URL !== undefined)
    return {
      databaseUrl: env.DATABASE_URL,
      gatewayUrl: env.DATABASE_URL_GATEWAY ?? env.DATABASE_URL,
      sealingKeys: keptByPerson(env.SEALING_PRIVATE_KEYS),
      redisUrl: env.REDIS_URL ?? null,
      ownerUrl: env.OWNER_DATABASE_URL ?? null,
      auditSigningSeed: env.AUDIT_SIGNING_SEED ?? null,
      reportSources: realSources(env),
      simulatedStripeUrl: null,
      isSimulating: env.SIMULATION === 'on',
    }
  const running = findRunning()
  if (running === undefined)
    throw new Error(
      'Nothing runs from this folder. Start it by `npm start`, or set DATABASE_URL (and REDIS_URL) to another installation.',
    )
  const { values } = readSettings()
  const secrets = loadSecrets(values)
  const ownerUrl =
    values['DATABASE_URL'] ??
    `postgres://atpar_owner:${secrets.POSTGRES_PASSWORD}@127.0.0.1:${running.ports['postgres']}/atpar`
  const database = new URL(ownerUrl)
  database.username = 'atpar_worker'
  database.password = rolePassword(secrets, 'atpar_worker')
  const gateway = new URL(database)
  gateway.username = 'atpar_gateway'
  gateway.password = rolePassword(secrets, 'atpar_gateway')
  const isSimulating = PROVIDER_VARIABLES.every((name: string) => values[name] === undefined)
  return {
    databaseUrl: database.href,
    ownerUrl,
    gatewayUrl: gateway.href,
    sealingKeys: keptByPerson(values['SEALING_PRIVATE_KEYS']) ?? {
      read: () => loadSecrets(values).SEALING_PRIVATE_KEYS,
      write: (keys) => saveSecret('SEALING_PRIVATE_KEYS', keys),
    },
    redisUrl: values['REDIS_URL'] ?? `redis://:${secrets.REDIS_PASSWORD}@127.0.0.1:${running.ports['redis']}`,
    auditSigningSeed: rolePassword(secrets, AUDIT_SIGNER),
    reportSources: isSimulating ? simulatedSources(running.ports['simulators'] ?? 0) : realSources(values),
    simulatedStripeUrl:
      values['STRIPE_SECRET_KEY'] === undefined && values['SIMULATION'] !== 'off'
        ? `http://127.0.0.1:${running.ports['simulators']}`
        : null,
    isSimulating,
  }
}
