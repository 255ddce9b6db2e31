import Link from 'next/link'
import { formatUtc } from '../../format/time.ts'
import { orNotFound } from '../../auth/or-not-found.ts'
import { requireOrganization } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { BlockedLevel } from '../../limits/blocked-level.tsx'
import { LimitsPanel } from '../../limits/limits-panel.tsx'
import { BackLink } from '../../ui/back-link.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { Facts } from '../../ui/facts.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import { describeOutcome } from '../../usage/outcome.ts'
import { endFormerSecretsAction } from './actions.ts'
import { EditKeyDialog } from './edit-key-dialog.tsx'
import { KeyStatus } from './key-status.tsx'
import { readKeyPage, type KeyPageView } from './queries.ts'
import { RevokeKeyDialog } from './revoke-key-dialog.tsx'
import { RotateKeyDialog } from './rotate-key-dialog.tsx'

const REFRESH_MS = 4_000

const everything = (names: readonly string[], all: string) => (names.length === 0 ? all : names.join(', '))

interface PlaceLinkProps {
  readonly orgSlug: string
  readonly path: string | null
  readonly name: string
}

const PlaceLink = ({ orgSlug, path, name }: PlaceLinkProps) =>
  path === null ? (
    name
  ) : (
    <Link
      href={`/${orgSlug}/${path}`}
      className="rounded underline decoration-line-strong underline-offset-4 hover:decoration-ink"
    >
      {name}
    </Link>
  )

const About = ({ view, orgSlug }: { readonly view: KeyPageView; readonly orgSlug: string }) => {
  const { key, ownerName, issuedBy } = view
  return (
    <Card title="About">
      <Facts
        facts={[
          {
            name: 'Owner',
            value: (
              <span className="flex items-center gap-2">
                <PlaceLink orgSlug={orgSlug} path={view.ownerPath} name={ownerName} />
                {key.kind === 'service' && <Badge>Service</Badge>}
              </span>
            ),
          },
          ...(key.teamName === null
            ? []
            : [
                {
                  name: 'Counts against',
                  value: <PlaceLink orgSlug={orgSlug} path={view.teamPath} name={`Team ${key.teamName}`} />,
                },
              ]),
          { name: 'Models', value: everything(key.allowedModels, 'All') },
          { name: 'Endpoints', value: everything(key.allowedEndpoints, 'All') },
          ...(key.allowedRoutes.length === 0 ? [] : [{ name: 'Routes', value: key.allowedRoutes.join(', ') }]),
          { name: 'Networks', value: everything(key.allowedCidrs, 'Anywhere') },
          ...(key.labels.length === 0 ? [] : [{ name: 'Labels', value: key.labels.join(', ') }]),
          {
            name: 'Works until',
            value: key.expiresAtMs === null ? 'Until it is revoked' : <Time atMs={key.expiresAtMs} />,
          },
          {
            name: 'Created',
            value: (
              <>
                <Time atMs={key.createdAtMs} style="day" />
                {issuedBy !== null && ` by ${issuedBy}`}
              </>
            ),
          },
          {
            name: 'Last used',
            value: key.lastUsedAtMs === null ? 'Never' : <Time atMs={key.lastUsedAtMs} style="hour" />,
          },
          { name: 'This month', value: <Money pusd={key.spentThisMonthPusd} /> },
        ]}
      />
    </Card>
  )
}

const Secrets = ({
  view,
  orgSlug,
  nowMs,
}: {
  readonly view: KeyPageView
  readonly orgSlug: string
  readonly nowMs: number
}) => {
  const { key, mayRevoke } = view
  const hasWorking = key.status === 'active' && key.formerSecrets.some((secret) => secret.expiresAtMs > nowMs)
  return (
    <Card
      flush
      title="Secrets"
      detail={key.formerSecrets.length === 0 ? 'Never rotated' : 'Newest first'}
      action={
        mayRevoke &&
        hasWorking && (
          <ConfirmButton
            label="End former now"
            title="End the former secrets now?"
            consequence="Programs that still send one are refused with 403 key_disabled within seconds. The newest secret goes on."
            confirmLabel="End them"
            pendingLabel="Ending…"
            action={endFormerSecretsAction.bind(null, { orgSlug, keyId: key.keyId })}
          />
        )
      }
    >
      <ul className="divide-y">
        <li className="flex flex-wrap items-center justify-between gap-x-4 px-5 py-2.5">
          <code className="font-mono text-[13px] break-all">
            {key.publicPrefix}…{key.lastFour}
          </code>
          <span className="text-[13px] text-muted">
            {key.status === 'revoked' && key.revokedAtMs !== null ? (
              <>
                stopped <Time atMs={key.revokedAtMs} />
              </>
            ) : (
              'the one to use'
            )}
          </span>
        </li>
        {key.formerSecrets.map((secret) => (
          <li key={secret.id} className="flex flex-wrap items-center justify-between gap-x-4 px-5 py-2.5">
            <span>
              <code className="font-mono text-[13px] break-all text-muted">
                {secret.publicPrefix}…{secret.lastFour}
              </code>
              <span className="block text-[13px] text-muted">
                replaced <Time atMs={secret.replacedAtMs} />
                {secret.replacedByName !== null && ` by ${secret.replacedByName}`}
              </span>
            </span>
            <span className="text-[13px] text-muted">
              {secret.isLeaked && <Badge tone="bad">Leaked</Badge>}{' '}
              {secret.expiresAtMs > nowMs ? (
                <>
                  works until <Time atMs={secret.expiresAtMs} />
                </>
              ) : (
                <span title={formatUtc(secret.expiresAtMs)}>ended</span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

const Requests = ({ view, orgSlug }: { readonly view: KeyPageView; readonly orgSlug: string }) => (
  <Card flush title="Latest requests">
    {view.requests.length === 0 ? (
      <p className="px-5 py-4 text-sm text-muted">No request of this key is on record yet.</p>
    ) : (
      <ul className="divide-y">
        {view.requests.map((request) => {
          const outcome = describeOutcome(request.outcome)
          return (
            <li key={request.requestId} className="flex items-center justify-between gap-4 px-5 py-2.5">
              <span className="min-w-0">
                <Link
                  href={`/${orgSlug}/requests/${request.requestId}`}
                  className="block truncate rounded font-medium underline-offset-4 hover:underline"
                >
                  {request.modelId}
                </Link>
                <span className="block text-[13px] text-muted">
                  <Time atMs={request.startedAtMs} style="second" />
                </span>
              </span>
              <span className="flex shrink-0 items-center gap-3">
                <Badge tone={outcome.tone}>{outcome.label}</Badge>
                <span className="w-20 text-right">
                  <Money pusd={request.billedPusd} detail="overview" />
                </span>
              </span>
            </li>
          )
        })}
      </ul>
    )}
  </Card>
)

interface KeyPageProps {
  readonly params: Promise<{ readonly org: string; readonly id: string }>
}

export const KeyPage = async ({ params }: KeyPageProps) => {
  const { org, id } = await params
  const visit = await requireOrganization(org)
  const view = await orNotFound(readKeyPage(visit, id))
  const { key, mayChange, mayRevoke } = view
  const nowMs = readDeps().nowMs()
  const level = { scope: 'key', scopeId: key.keyId } as const
  return (
    <>
      <LiveRefresh everyMs={REFRESH_MS} />
      <BackLink href={`/${org}/keys`}>Keys</BackLink>
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-2.5">
            {key.name} <KeyStatus apiKey={key} nowMs={nowMs} />
          </span>
        }
        detail={
          <code className="font-mono text-[13px] break-all">
            {key.publicPrefix}…{key.lastFour}
          </code>
        }
        action={
          (mayChange || mayRevoke) && (
            <span className="flex flex-wrap gap-2">
              {mayRevoke && (
                <RevokeKeyDialog
                  orgSlug={org}
                  keyId={key.keyId}
                  name={key.name}
                  shown={`${key.publicPrefix}…${key.lastFour}`}
                />
              )}
              {mayChange && <RotateKeyDialog orgSlug={org} keyId={key.keyId} name={key.name} />}
              {mayChange && <EditKeyDialog orgSlug={org} keyId={key.keyId} typed={key} />}
            </span>
          )
        }
      />
      <div className="space-y-4">
        {key.status === 'active' && <BlockedLevel visit={visit} level={level} />}
        <LimitsPanel visit={visit} level={level} />
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <About view={view} orgSlug={org} />
          <div className="space-y-4">
            <Secrets view={view} orgSlug={org} nowMs={nowMs} />
            <Requests view={view} orgSlug={org} />
          </div>
        </div>
      </div>
    </>
  )
}
