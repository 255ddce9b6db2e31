import type { ProviderDialect, WireQuirks } from '@atpar/dialects/contract'
import { providerDialects } from '@atpar/dialects/registry'
import type { Provider } from '@atpar/providers/contract'
import { parseOwnBaseUrl, takesCredential } from '@atpar/providers/credential'
import { buildUpstreamCall, findProvider, PROVIDERS } from '@atpar/providers/registry'
import type { CredentialSecret } from '@atpar/providers/credential'
import type { ProxyEnv } from '../env.ts'

/** Where a provider is reached in this installation, and how it is treated. */
export interface ProviderTarget {
  readonly providerId: string
  readonly displayName: string
  readonly dialect: ProviderDialect
  readonly origin: string
  readonly pathPrefix: string
  /** With the credential: never logged, never shown. */
  readonly headers: Readonly<Record<string, string>>
  readonly cancelPolicy: Provider['cancelPolicy']
  readonly maxOutputField: Provider['quirks']['maxOutputField']
  /** Absent for a server that does what its format says, as most do. */
  readonly quirks?: WireQuirks
  readonly local: boolean
  readonly simulated: boolean
  /** A customer named the address: it is connected to only where it is a public one. */
  readonly publicOnly: boolean
  /** Asked for to see whether the key is taken, free of charge. */
  readonly keyCheckPath: string
  readonly keyCheckBy: Provider['keyCheckBy'] | null
}

export interface ProviderTargets {
  /** @throws TypeError for a provider that is not reachable here: the plan may not contain it. */
  find(providerId: string): ProviderTarget
  isReachable(providerId: string): boolean
  /**
   * The same provider with a customer's own key: at the address the platform's key goes to, simulated where that is, or at the customer's own where
   * the provider file says so. Null when this installation knows no address. The platform's key is nowhere in it.
   */
  buildOwn(providerId: string, secret: CredentialSecret): ProviderTarget | null
}

/** The key that simulated providers accept. It opens nothing. */
const SIMULATED_KEY = 'simulated'

/** Every simulator lists its models to whoever has a key. */
const SIMULATED_KEY_CHECK = '/models'

/** A provider with a key is real; without one it is simulated when simulation is on, and absent otherwise. */
export const createTargets = (env: ProxyEnv): ProviderTargets => {
  const targets = new Map<string, ProviderTarget>()
  for (const provider of PROVIDERS) {
    const target = buildTarget(provider, env)
    if (target !== null) targets.set(provider.id, target)
  }
  return {
    find: (providerId) => {
      const target = targets.get(providerId)
      if (target === undefined) throw new TypeError(`provider ${providerId} is not reachable in this installation`)
      return target
    },
    isReachable: (providerId) => targets.has(providerId),
    buildOwn: (providerId, secret) => {
      const provider = findProvider(providerId)
      return provider === undefined || !takesCredential(provider) ? null : buildOwnTarget(provider, secret, env)
    },
  }
}

const buildTarget = (provider: Provider, env: ProxyEnv): ProviderTarget | null => {
  const real = findRealAccess(provider, env)
  const simulatorsUrl = findSimulators(provider, env)
  const simulated = real === null && simulatorsUrl !== null
  const access = real ?? (simulated ? { baseUrl: simulatorsUrl, apiKey: SIMULATED_KEY } : null)
  if (access === null) return null
  return describeTarget(provider, access, { simulated, publicOnly: false })
}

const buildOwnTarget = (
  provider: Provider,
  { apiKey, baseUrl }: CredentialSecret,
  env: ProxyEnv,
): ProviderTarget | null => {
  const simulatorsUrl = findSimulators(provider, env)
  if (simulatorsUrl !== null)
    return describeTarget(provider, { baseUrl: simulatorsUrl, apiKey }, { simulated: true, publicOnly: false })
  if (provider.ownBaseUrl !== undefined)
    return baseUrl === null
      ? null
      : describeTarget(provider, { baseUrl: parseOwnBaseUrl(baseUrl), apiKey }, { simulated: false, publicOnly: true })
  const address = readSetting(env, provider.baseUrlEnv) ?? provider.baseUrl
  return address === null
    ? null
    : describeTarget(provider, { baseUrl: address, apiKey }, { simulated: false, publicOnly: false })
}

const describeTarget = (
  provider: Provider,
  access: Access,
  { simulated, publicOnly }: Pick<ProviderTarget, 'simulated' | 'publicOnly'>,
): ProviderTarget => {
  const { origin, pathPrefix, headers } = buildUpstreamCall(provider, access)
  return {
    providerId: provider.id,
    displayName: provider.displayName,
    dialect: providerDialects[provider.dialect],
    origin,
    pathPrefix,
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'accept-encoding': 'identity',
    },
    cancelPolicy: provider.cancelPolicy,
    maxOutputField: provider.quirks.maxOutputField,
    ...(differsOnTheWire(provider.quirks) ? { quirks: provider.quirks } : {}),
    local: provider.local,
    simulated,
    publicOnly,
    keyCheckPath: simulated ? SIMULATED_KEY_CHECK : provider.keyCheckPath,
    keyCheckBy: simulated ? null : (provider.keyCheckBy ?? null),
  }
}

const differsOnTheWire = ({ refuses, renames, developerRole, toolIds }: WireQuirks): boolean =>
  refuses !== undefined || renames !== undefined || developerRole !== undefined || toolIds !== undefined

/** Where a provider is simulated; null where it is real or absent. */
const findSimulators = (provider: Provider, env: ProxyEnv): string | null =>
  findRealAccess(provider, env) === null && env.SIMULATION === 'on' && env.SIMULATORS_URL !== undefined
    ? env.SIMULATORS_URL.replace(/\/$/, '') + provider.simulatorPath
    : null

const readSetting = (env: ProxyEnv, name: string | null): string | null => {
  const settings: Readonly<Record<string, unknown>> = env
  const value = name === null ? undefined : settings[name]
  return typeof value === 'string' ? value : null
}

interface Access {
  readonly baseUrl: string
  readonly apiKey: string | null
}

/** What makes a provider real: its key, or for those that need none the address an operator gave. */
const findRealAccess = (provider: Provider, env: ProxyEnv): Access | null => {
  const apiKey = readSetting(env, provider.credentialEnv)
  const address = readSetting(env, provider.baseUrlEnv)
  const baseUrl = address ?? provider.baseUrl
  if (baseUrl === null) return null
  const needsKey =
    provider.auth.kind === 'header' || (provider.auth.kind === 'bearer' && provider.auth.keyOptional !== true)
  if (needsKey ? apiKey === null : apiKey === null && address === null) return null
  return { baseUrl, apiKey }
}
