import type { MediaTask, OtherTask, Task } from '@atpar/core/task'
import type { CallerDialect, ProviderDialect, ProviderDialectId, WireQuirks } from '@atpar/dialects/contract'
import type { MediaProvider, MediaProviderId } from '@atpar/dialects/media-contract'
import { mediaProviders } from '@atpar/dialects/media-registry'
import { openaiCompletionsProvider } from '@atpar/dialects/openai-completions'
import { providerDialects } from '@atpar/dialects/registry'
import type { TaskProvider, TaskProviderId } from '@atpar/dialects/task-contract'
import { taskProviders } from '@atpar/dialects/task-registry'
import type { Provider } from '@atpar/providers/contract'
import { takesCredential, type CredentialSecret } from '@atpar/providers/credential'
import { parseOwnBaseUrl, type AddressReach } from '@atpar/providers/own-base-url'
import { parseEndpointHeaders } from '@atpar/providers/custom-endpoint'
import { findProvider, PROVIDERS } from '@atpar/providers/registry'
import { buildUpstreamCall, type UpstreamAccess } from '@atpar/providers/upstream-call'
import type { ProxyEnv } from '../env.ts'
import { createSigner, type RequestSigner, type SignerDeps } from './signers.ts'

/** Where a provider is reached in this installation, and how it is treated. */
export interface ProviderTarget {
  readonly providerId: string
  readonly displayName: string
  readonly dialect: ProviderDialect
  /** How it is spoken to about what is no chat. */
  readonly formats: Partial<Readonly<Record<OtherTask, TaskProvider>>>
  /** The same provider in its further formats; absent where it speaks one. */
  readonly others?: ReadonlyMap<ProviderDialectId, ProviderTarget>
  /** Keeps answers under their ids when asked to. */
  readonly keepsResponses: boolean
  /** Members of a body that are refused on the platform's account. */
  readonly unmeteredFields: readonly string[]
  /** Values of `anthropic-beta` that it is told; null = none in this format. */
  readonly betas: readonly string[] | null
  /** Counts tokens free of charge, in those of its formats that can. */
  readonly countsTokens: boolean
  /** Likewise about pictures and sounds. */
  readonly realtimePath: string | null
  readonly media: Partial<Readonly<Record<MediaTask, MediaProvider>>>
  readonly origin: string
  /** For `pathOfCall`, which says where a call of a model goes. */
  readonly pathPrefix: string
  readonly pathTemplate: string | null
  /** With the credential: never logged, never shown. */
  readonly headers: Readonly<Record<string, string>>
  /** Further headers of each call, where the credential is not in `headers`; null = it is. */
  readonly sign: RequestSigner | null
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
export const createTargets = (env: ProxyEnv, signers: SignerDeps): ProviderTargets => {
  const targets = new Map<string, ProviderTarget>()
  for (const provider of PROVIDERS) {
    const target = buildTarget(provider, { env, signers })
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
      return provider === undefined || !takesCredential(provider)
        ? null
        : buildOwnTarget(provider, secret, { env, signers })
    },
  }
}

interface Installation {
  readonly env: ProxyEnv
  readonly signers: SignerDeps
}

const buildTarget = (provider: Provider, installation: Installation): ProviderTarget | null => {
  const real = findRealAccess(provider, installation.env)
  if (real !== null) return describeTarget(provider, real, { ...installation, simulated: false, publicOnly: false })
  const simulatorsUrl = findSimulators(provider, installation.env)
  return simulatorsUrl === null
    ? null
    : describeTarget(simulateKey(provider), simulatedAccess(provider, simulatorsUrl), {
        ...installation,
        simulated: true,
        publicOnly: false,
      })
}

/** Tokens are bought with a private key, and this installation has none that a simulator would know: it shows the simulated key instead. */
const simulateKey = (provider: Provider): Provider =>
  provider.auth.kind === 'google-service-account' ? { ...provider, auth: { kind: 'bearer' } } : provider

const simulatedAccess = (provider: Provider, baseUrl: string): UpstreamAccess => ({
  baseUrl,
  apiKey: SIMULATED_KEY,
  fields: Object.fromEntries(
    (provider.credentialFields ?? []).flatMap(({ name, isSecret, example, fallback }) =>
      isSecret === true || provider.simulatedWithout?.includes(name) === true ? [] : [[name, fallback ?? example]],
    ),
  ),
})

const buildOwnTarget = (
  provider: Provider,
  { apiKey, baseUrl, fields, headers }: CredentialSecret,
  installation: Installation,
): ProviderTarget | null => {
  const describe = (url: string, how: Pick<ProviderTarget, 'simulated' | 'publicOnly'>): ProviderTarget =>
    describeTarget(
      provider,
      { baseUrl: url, apiKey: apiKey === '' ? null : apiKey, ...(fields === undefined ? {} : { fields }) },
      { ...installation, ...how },
    )
  if (headers !== undefined && baseUrl !== null) {
    // An endpoint of one's own is what its owner wrote down, also where providers are simulated.
    const target = describe(parseOwnBaseUrl(baseUrl, reachOf(installation.env)), { simulated: false, publicOnly: true })
    return { ...target, headers: { ...parseEndpointHeaders(headers), ...target.headers } }
  }
  const simulatorsUrl = findSimulators(provider, installation.env)
  if (simulatorsUrl !== null) return describe(simulatorsUrl, { simulated: true, publicOnly: false })
  if (provider.ownBaseUrl !== undefined)
    return baseUrl === null
      ? null
      : describe(parseOwnBaseUrl(baseUrl, reachOf(installation.env)), { simulated: false, publicOnly: true })
  const address = readSetting(installation.env, provider.baseUrlEnv) ?? provider.baseUrl
  return address === null ? null : describe(address, { simulated: false, publicOnly: false })
}

const describeTarget = (
  provider: Provider,
  access: UpstreamAccess,
  { env, signers, simulated, publicOnly }: Installation & Pick<ProviderTarget, 'simulated' | 'publicOnly'>,
): ProviderTarget => {
  const { origin, pathPrefix, pathTemplate, headers, signing } = buildUpstreamCall(provider, access)
  const tokenUrl =
    simulated && provider.auth.kind === 'google-service-account'
      ? simulatorsAt(env, provider.auth.simulatorTokenPath)
      : null
  const target: ProviderTarget = {
    providerId: provider.id,
    displayName: provider.displayName,
    dialect: providerDialects[provider.dialect],
    formats: formatsOf(provider),
    keepsResponses: provider.capabilities.keepsResponses === true,
    countsTokens: provider.capabilities.countsTokens === true,
    unmeteredFields: provider.unmeteredFields ?? NO_FIELDS,
    betas: provider.betas ?? null,
    media: mediaOf(provider),
    realtimePath: provider.realtimePath ?? null,
    origin,
    pathPrefix,
    pathTemplate,
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'accept-encoding': 'identity',
    },
    sign: signing === null ? null : createSigner(signers, signing, { origin, tokenUrl }),
    cancelPolicy: provider.cancelPolicy,
    maxOutputField: provider.quirks.maxOutputField,
    ...(differsOnTheWire(provider.quirks) ? { quirks: provider.quirks } : {}),
    local: provider.local,
    simulated,
    publicOnly,
    keyCheckPath: simulated ? SIMULATED_KEY_CHECK : provider.keyCheckPath,
    keyCheckBy: simulated ? null : (provider.keyCheckBy ?? null),
  }
  const { alsoSpeaks } = provider
  if (alsoSpeaks === undefined) return target
  // What a server does differently is known of its first format only.
  const { quirks: _, ...plain } = target
  return { ...target, others: new Map(alsoSpeaks.map((id) => [id, { ...plain, dialect: providerDialects[id] }])) }
}

const NO_FIELDS: readonly string[] = []

/** The provider in the caller's own format where it speaks it, so that nothing need be converted. */
export const targetFor = (target: ProviderTarget, dialect: CallerDialect['id']): ProviderTarget =>
  dialect === 'openai-completions' ? target : (target.others?.get(dialect) ?? target)

/** The provider as it is spoken to about models that hold no conversations. */
const forCompletions = (target: ProviderTarget): ProviderTarget => ({ ...target, dialect: openaiCompletionsProvider })

export const targetOfTask = (target: ProviderTarget, task: Task): ProviderTarget =>
  task === 'completion' ? forCompletions(target) : target

const differsOnTheWire = ({ refuses, renames, developerRole, toolIds, rawPredict }: WireQuirks): boolean =>
  refuses !== undefined ||
  renames !== undefined ||
  developerRole !== undefined ||
  toolIds !== undefined ||
  rawPredict !== undefined

const simulatorsAt = (env: ProxyEnv, path: string): string | null =>
  env.SIMULATORS_URL === undefined ? null : env.SIMULATORS_URL.replace(/\/$/, '') + path

const formatsOf = ({ tasks = {} }: Provider): ProviderTarget['formats'] => {
  const formats: Partial<Record<OtherTask, TaskProvider>> = {}
  for (const [task, id] of Object.entries(tasks) as [OtherTask, TaskProviderId][]) formats[task] = taskProviders[id]
  return formats
}

const mediaOf = ({ media = {} }: Provider): ProviderTarget['media'] => {
  const formats: Partial<Record<MediaTask, MediaProvider>> = {}
  for (const [task, id] of Object.entries(media) as [MediaTask, MediaProviderId][]) formats[task] = mediaProviders[id]
  return formats
}

/** Where a provider is simulated; null where it is real or absent. */
const findSimulators = (provider: Provider, env: ProxyEnv): string | null =>
  findRealAccess(provider, env) === null && env.SIMULATION === 'on' ? simulatorsAt(env, provider.simulatorPath) : null

/** Where customers' own addresses may lead in this installation. */
export const reachOf = (env: ProxyEnv): AddressReach => (env.LOCAL_ENDPOINTS === 'on' ? 'local' : 'public')

const readSetting = (env: ProxyEnv, name: string | null): string | null => {
  const settings: Readonly<Record<string, unknown>> = env
  const value = name === null ? undefined : settings[name]
  return typeof value === 'string' ? value : null
}

/** What makes a provider real: its key, or for those that need none the address an operator gave. */
const findRealAccess = (provider: Provider, env: ProxyEnv): UpstreamAccess | null => {
  const apiKey = readSetting(env, provider.credentialEnv)
  const address = readSetting(env, provider.baseUrlEnv)
  const baseUrl = address ?? provider.baseUrl
  if (baseUrl === null) return null
  const { auth } = provider
  const needsKey = auth.kind !== 'none' && !(auth.kind === 'bearer' && auth.keyOptional === true)
  if (needsKey ? apiKey === null : apiKey === null && address === null) return null
  return { baseUrl, apiKey, fields: readFieldSettings(provider, env) }
}

const readFieldSettings = (provider: Provider, env: ProxyEnv): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (provider.credentialFields ?? []).flatMap((field) => {
      const value = readSetting(env, field.env)
      return value === null ? [] : [[field.name, value]]
    }),
  )
