import { Server } from 'lucide-react'
import { customModelId } from '@atpar/core/custom-models'
import type { ShownEndpoint } from '../../acts/custom-endpoints/endpoint-fields.ts'
import { listCustomEndpointsAct } from '../../acts/custom-endpoints/list-custom-endpoints.ts'
import { actAs, requirePagePermission } from '../../auth/guard.ts'
import { Badge, type BadgeTone } from '../../ui/badge.tsx'
import { Banner } from '../../ui/banner.tsx'
import { Card } from '../../ui/card.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Time } from '../../ui/time.tsx'
import { AddEndpointDialog } from './add-endpoint-dialog.tsx'
import { EndpointButtons, ModelDialog, RemoveModelButton } from './endpoint-buttons.tsx'

const STATUSES: Readonly<Record<ShownEndpoint['status'], { readonly label: string; readonly tone: BadgeTone }>> = {
  active: { label: 'In use', tone: 'good' },
  refused: { label: 'Refuses its key', tone: 'bad' },
  disabled: { label: 'Switched off', tone: 'neutral' },
}

const SHAPES: Readonly<Record<ShownEndpoint['shape'], string>> = {
  'openai-chat': 'OpenAI’s format',
  'anthropic-messages': 'Anthropic’s format',
  gemini: 'Google’s format',
}

interface EndpointProps {
  readonly orgSlug: string
  readonly endpoint: ShownEndpoint
}

const describeModel = (model: ShownEndpoint['models'][number]): string =>
  [
    model.upstreamModel,
    model.task === 'embeddings' ? 'embeddings' : null,
    model.contextTokens === null ? null : `${model.contextTokens.toLocaleString('en')} tokens of context`,
    model.inputUsdPerMillion === null
      ? null
      : `$${model.inputUsdPerMillion} in, $${model.outputUsdPerMillion} out per million tokens`,
  ]
    .filter((part) => part !== null)
    .join(' · ')

const Models = ({ orgSlug, endpoint }: EndpointProps) => (
  <ul className="divide-y">
    {endpoint.models.map((model) => {
      const modelId = customModelId(endpoint.name, model.name)
      return (
        <li key={model.name} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-5 py-3">
          <div className="min-w-0">
            <p className="flex items-center gap-1">
              <code className="font-mono text-[13px] break-all">{modelId}</code>
              <CopyButton text={modelId} label={`Copy ${modelId}`} className="!p-1.5 [&_svg]:!size-3.5" />
            </p>
            <p className="text-[13px] break-words text-muted">{describeModel(model)}</p>
          </div>
          <div className="-mx-3 flex items-center">
            <ModelDialog
              orgSlug={orgSlug}
              endpointId={endpoint.endpointId}
              endpointName={endpoint.name}
              takesEmbeddings={endpoint.shape === 'openai-chat'}
              known={model}
            />
            <RemoveModelButton orgSlug={orgSlug} endpointId={endpoint.endpointId} modelId={modelId} name={model.name} />
          </div>
        </li>
      )
    })}
  </ul>
)

const EndpointCard = ({ orgSlug, endpoint }: EndpointProps) => {
  const status = STATUSES[endpoint.status]
  return (
    <Card
      flush
      title={endpoint.label}
      detail={
        <span className="break-all">
          {SHAPES[endpoint.shape]} at {endpoint.baseUrl}
        </span>
      }
      action={<Badge tone={status.tone}>{status.label}</Badge>}
    >
      <div className="px-5 py-3">
        <p className="text-[13px] leading-relaxed break-words text-muted">
          {endpoint.hint === '' ? 'sealed' : <code className="font-mono text-xs">••••{endpoint.hint}</code>}
          {endpoint.headerNames.length > 0 && ` and ${endpoint.headerNames.join(', ')}`} · set{' '}
          <Time atMs={endpoint.secretSetAtMs} style="day" /> ·{' '}
          {endpoint.lastUsedAtMs === null ? (
            'not used yet'
          ) : (
            <>
              last used <Time atMs={endpoint.lastUsedAtMs} />
            </>
          )}
          {endpoint.lastError !== null && endpoint.lastFailedAtMs !== null && (
            <>
              {' · '}last failure <code className="font-mono text-xs">{endpoint.lastError}</code>{' '}
              <Time atMs={endpoint.lastFailedAtMs} />
            </>
          )}
        </p>
        {endpoint.status === 'refused' && (
          <div className="mt-2.5">
            <Banner tone="danger">
              {endpoint.hasSecret
                ? 'It does not take its key, so no call goes to it. Replace its access.'
                : 'Its key stayed in the installation this organization was exported from, so no call goes to it. Replace its access.'}
            </Banner>
          </div>
        )}
        <div className="mt-1">
          <EndpointButtons
            orgSlug={orgSlug}
            endpointId={endpoint.endpointId}
            name={endpoint.name}
            label={endpoint.label}
            status={endpoint.status}
            baseUrl={endpoint.baseUrl ?? ''}
            headerNames={endpoint.headerNames}
            modelCount={endpoint.models.length}
          />
        </div>
      </div>
      <div className="border-t">
        <Models orgSlug={orgSlug} endpoint={endpoint} />
        <div className="flex flex-wrap items-center justify-between gap-3 border-t px-5 py-3 first:border-t-0">
          <p className="text-[13px] text-muted">
            {endpoint.models.length === 0
              ? 'No model yet, so nothing calls it.'
              : 'Your keys call these by their full names.'}
          </p>
          <ModelDialog
            orgSlug={orgSlug}
            endpointId={endpoint.endpointId}
            endpointName={endpoint.name}
            takesEmbeddings={endpoint.shape === 'openai-chat'}
            known={null}
          />
        </div>
      </div>
    </Card>
  )
}

export const CustomEndpointsPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requirePagePermission(org, 'credential:manage')
  const endpoints = await listCustomEndpointsAct(await actAs(visit), {})
  const add = <AddEndpointDialog orgSlug={org} />
  if (endpoints.length === 0)
    return (
      <Card flush>
        <EmptyState icon={<Server />} title="Bring your own endpoint" action={add}>
          vLLM on your own GPUs, a company gateway, a provider that is not in the catalogue: any address that speaks
          OpenAI’s, Anthropic’s or Google’s format. Your keys call its models as custom/name/model, in any format, with
          the same limits and records as every other call.
        </EmptyState>
      </Card>
    )
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <p className="max-w-md text-[13px] leading-relaxed text-muted">
          Only your organization can call these. Atpar bills nothing for them; budgets in tokens and rate limits count
          them like any other call.
        </p>
        {add}
      </div>
      {endpoints.map((endpoint) => (
        <EndpointCard key={endpoint.endpointId} orgSlug={org} endpoint={endpoint} />
      ))}
    </>
  )
}
