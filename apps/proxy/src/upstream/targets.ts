import type { ProviderDialect } from '@atpar/dialects/contract'
import { providerDialects } from '@atpar/dialects/registry'
import type { Provider } from '@atpar/providers/contract'
import { buildUpstreamCall, PROVIDERS } from '@atpar/providers/registry'
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
  readonly local: boolean
  readonly simulated: boolean
}

export interface ProviderTargets {
  /** @throws TypeError for a provider that is not reachable here: the plan may not contain it. */
  find(providerId: string): ProviderTarget
  isReachable(providerId: string): boolean
}

/** The key that simulated providers accept. It opens nothing. */
const SIMULATED_KEY = 'simulated'

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
  }
}

const buildTarget = (provider: Provider, env: ProxyEnv): ProviderTarget | null => {
  const real = findRealAccess(provider, env)
  const simulated = real === null && env.SIMULATION === 'on' && env.SIMULATORS_URL !== undefined
  const access =
    real ??
    (simulated && env.SIMULATORS_URL !== undefined
      ? { baseUrl: env.SIMULATORS_URL.replace(/\/$/, '') + provider.simulatorPath, apiKey: SIMULATED_KEY }
      : null)
  if (access === null) return null
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
    local: provider.local,
    simulated,
  }
}

/** What makes a provider real: its key, or for those that need none the address an operator gave. */
const findRealAccess = (
  provider: Provider,
  env: ProxyEnv,
): { readonly baseUrl: string; readonly apiKey: string | null } | null => {
  const settings: Readonly<Record<string, unknown>> = env
  const read = (name: string | null): string | null => {
    const value = name === null ? undefined : settings[name]
    return typeof value === 'string' ? value : null
  }
  const apiKey = read(provider.credentialEnv)
  const address = read(provider.baseUrlEnv)
  const baseUrl = address ?? provider.baseUrl
  if (baseUrl === null) return null
  const needsKey =
    provider.auth.kind === 'header' || (provider.auth.kind === 'bearer' && provider.auth.keyOptional !== true)
  if (needsKey ? apiKey === null : apiKey === null && address === null) return null
  return { baseUrl, apiKey }
}
