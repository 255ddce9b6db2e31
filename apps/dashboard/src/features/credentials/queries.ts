import { ZERO_PUSD, type Pusd } from '@atpar/core/money'
import { listCatalogue, type CatalogueModel } from '@atpar/db/catalogue'
import { listOwnSpend, type CredentialSummary } from '@atpar/db/credentials'
import type { Provider } from '@atpar/providers/contract'
import { listCredentialProviders } from '@atpar/providers/credential'
import { listCredentialsAct } from '../../acts/credentials/list-credentials.ts'
import { actAs, type Visit } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { readTenant } from '../../tenant-read.ts'

/** A part of a credential beside its key, as the form asks for it. */
export interface CredentialPart {
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly example: string
  readonly isOptional: boolean
  readonly isSecret: boolean
}

/** What the form asks for, and how it calls it. */
export interface CredentialForm {
  readonly needsBaseUrl: boolean
  readonly baseUrlExample: string
  readonly keyLabel: string
  /** A file of several lines. */
  readonly isKeyFile: boolean
  readonly parts: readonly CredentialPart[]
}

/** A provider a key can be brought for. */
export interface ProviderChoice {
  readonly providerId: string
  readonly name: string
  readonly form: CredentialForm
}

const toForm = ({
  ownBaseUrl,
  ownBaseUrlExample = 'https://models.example.com/v1',
  keyLabel,
  auth,
  credentialFields = [],
}: Provider): CredentialForm => ({
  needsBaseUrl: ownBaseUrl !== undefined,
  baseUrlExample: ownBaseUrlExample,
  keyLabel: keyLabel ?? 'API key',
  isKeyFile: auth.kind === 'google-service-account',
  parts: credentialFields.map(({ name, label, hint, example, isOptional, isSecret, fallback }) => ({
    name,
    label,
    hint,
    example,
    isOptional: isOptional === true || fallback !== undefined,
    isSecret: isSecret === true,
  })),
})

export interface OwnProvider extends ProviderChoice {
  readonly credentials: readonly CredentialSummary[]
  /** Models that calls reach over these credentials now. */
  readonly models: readonly string[]
  readonly requestsThisMonth: number
  readonly costThisMonthPusd: Pusd
}

export interface CredentialsView {
  readonly choices: readonly ProviderChoice[]
  readonly providers: readonly OwnProvider[]
}

const modelsAt = (catalogue: readonly CatalogueModel[], providerId: string): readonly string[] =>
  catalogue.flatMap(({ displayName, offerings }) =>
    offerings.some((offering) => offering.providerId === providerId) ? [displayName] : [],
  )

export const readCredentials = async (visit: Visit): Promise<CredentialsView> => {
  const credentials = await listCredentialsAct(await actAs(visit), {})
  const catalogue = await listCatalogue(readDeps().db)
  const spend = await readTenant(visit.tenant, ({ tx, atMs }) => listOwnSpend(tx, visit.orgId, atMs))
  const choices = listCredentialProviders().map((provider) => ({
    providerId: provider.id,
    name: provider.displayName,
    form: toForm(provider),
  }))
  const held = Map.groupBy(credentials, ({ providerId }) => providerId)
  const providers = choices.flatMap((choice): readonly OwnProvider[] => {
    const own = held.get(choice.providerId)
    if (own === undefined) return []
    const spent = spend.find(({ providerId }) => providerId === choice.providerId)
    const serves = own.some(({ status }) => status === 'active')
    return [
      {
        ...choice,
        credentials: own,
        models: serves ? modelsAt(catalogue, choice.providerId) : [],
        requestsThisMonth: spent?.requests ?? 0,
        costThisMonthPusd: spent?.costPusd ?? ZERO_PUSD,
      },
    ]
  })
  // A key for a provider at which nothing is offered would never be used.
  const offered = choices.filter(({ providerId }) => modelsAt(catalogue, providerId).length > 0)
  return { choices: offered, providers }
}
