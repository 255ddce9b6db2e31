import { KeySquare } from 'lucide-react'
import type { CredentialSummary } from '@atpar/db/credentials'
import { requirePagePermission } from '../../auth/guard.ts'
import { Badge, type BadgeTone } from '../../ui/badge.tsx'
import { Banner } from '../../ui/banner.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Money } from '../../ui/money.tsx'
import { Time } from '../../ui/time.tsx'
import { AddCredentialDialog } from './add-credential-dialog.tsx'
import { CredentialButtons } from './credential-buttons.tsx'
import { readCredentials, type OwnProvider } from './queries.ts'

const STATUSES: Readonly<Record<CredentialSummary['status'], { readonly label: string; readonly tone: BadgeTone }>> = {
  active: { label: 'In use', tone: 'good' },
  refused: { label: 'Refused by the provider', tone: 'bad' },
  disabled: { label: 'Switched off', tone: 'neutral' },
}

const LastSeen = ({ credential }: { readonly credential: CredentialSummary }) => (
  <>
    {credential.lastUsedAtMs === null ? (
      'not used yet'
    ) : (
      <>
        last used <Time atMs={credential.lastUsedAtMs} />
      </>
    )}
    {credential.lastError !== null && credential.lastFailedAtMs !== null && (
      <>
        {' · '}last failure <code className="font-mono text-xs">{credential.lastError}</code>
        {credential.lastStatus !== null && ` (${credential.lastStatus})`} <Time atMs={credential.lastFailedAtMs} />
      </>
    )}
  </>
)

interface CredentialItemProps {
  readonly orgSlug: string
  readonly provider: OwnProvider
  readonly credential: CredentialSummary
}

const CredentialItem = ({ orgSlug, provider, credential }: CredentialItemProps) => {
  const status = STATUSES[credential.status]
  const isLast = !provider.credentials.some(
    (other) => other.credentialId !== credential.credentialId && other.status === 'active',
  )
  return (
    <li className="px-5 py-3.5" aria-label={credential.label}>
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
        <p className="min-w-0 text-sm font-medium break-words">{credential.label}</p>
        <Badge tone={status.tone}>{status.label}</Badge>
        {credential.preference === 'only' && <Badge tone="info">Never Atpar’s account</Badge>}
      </div>
      <p className="mt-1 text-[13px] leading-relaxed break-words text-muted">
        {credential.hint !== '' && <code className="font-mono text-xs">••••{credential.hint}</code>}
        {credential.hint !== '' && ' · '}
        set <Time atMs={credential.secretSetAtMs} style="day" /> · <LastSeen credential={credential} />
        {credential.baseUrl !== null && ` · ${credential.baseUrl}`}
      </p>
      {credential.status === 'refused' && (
        <div className="mt-2.5">
          <Banner tone="danger">
            {credential.hasSecret
              ? `${provider.name} does not take this key, so no call goes out with it.`
              : 'Its key stayed in the installation this organization was exported from.'}{' '}
            {credential.preference === 'only'
              ? 'Calls to its models are refused until it is replaced.'
              : 'Its calls go over Atpar’s account until it is replaced.'}
          </Banner>
        </div>
      )}
      <div className="mt-1.5">
        <CredentialButtons
          orgSlug={orgSlug}
          credentialId={credential.credentialId}
          label={credential.label}
          providerName={provider.name}
          preference={credential.preference}
          status={credential.status}
          baseUrl={credential.baseUrl}
          form={provider.form}
          isLast={isLast}
        />
      </div>
    </li>
  )
}

const Models = ({ models }: { readonly models: readonly string[] }) =>
  models.length === 0 ? (
    <p className="px-5 py-3 text-[13px] text-muted">No model runs on your own account here now.</p>
  ) : (
    <details className="px-5 py-3 text-[13px]">
      <summary className="cursor-pointer text-muted hover:text-ink">
        {models.length === 1 ? '1 model runs' : `${models.length} models run`} on your own account here
      </summary>
      <p className="mt-2 leading-relaxed">{models.join(' · ')}</p>
    </details>
  )

const ProviderCard = ({ orgSlug, provider }: { readonly orgSlug: string; readonly provider: OwnProvider }) => (
  <Card
    flush
    title={provider.name}
    detail={
      <span data-testid={`own-spend-${provider.providerId}`}>
        This month <Money pusd={provider.costThisMonthPusd} detail="overview" /> at list price in{' '}
        {provider.requestsThisMonth === 1 ? '1 request' : `${provider.requestsThisMonth} requests`}; Atpar bills $0.00
        of it
      </span>
    }
  >
    <ul className="divide-y">
      {provider.credentials.map((credential) => (
        <CredentialItem key={credential.credentialId} orgSlug={orgSlug} provider={provider} credential={credential} />
      ))}
    </ul>
    <div className="border-t">
      <Models models={provider.models} />
    </div>
  </Card>
)

export const CredentialsPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requirePagePermission(org, 'credential:manage')
  const { choices, providers } = await readCredentials(visit)
  const add = <AddCredentialDialog orgSlug={org} choices={choices} />
  if (providers.length === 0)
    return (
      <Card flush>
        <EmptyState icon={<KeySquare />} title="Bring your own provider account" action={add}>
          With a key of yours, calls run on your contract with the provider and are billed there; here they cost nothing
          and still appear with their price. The key is sealed: only the gateway can open it.
        </EmptyState>
      </Card>
    )
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <p className="max-w-md text-[13px] leading-relaxed text-muted">
          Calls on your own credentials draw on no budget in dollars, because nothing is billed here; budgets in tokens
          and rate limits count them like any other.
        </p>
        {add}
      </div>
      {providers.map((provider) => (
        <ProviderCard key={provider.providerId} orgSlug={org} provider={provider} />
      ))}
    </>
  )
}
