import { ArrowRight } from 'lucide-react'
import { requireOrganization } from '../../auth/guard.ts'
import { readEnv } from '../../env.ts'
import { LinkButton } from '../../ui/button.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import { describeOutcome } from '../../usage/outcome.ts'
import { FirstKey } from './first-key.tsx'
import { readExampleModel, readStart } from './queries.ts'

const POLL_MS = 2_000

const Waiting = () => (
  <div
    role="status"
    className="flex items-center gap-3 rounded-xl border border-dashed border-line-strong px-4 py-4 text-muted"
  >
    <span className="relative flex size-2.5" aria-hidden>
      <span className="absolute inline-flex size-full animate-ping rounded-full bg-accent opacity-60" />
      <span className="relative inline-flex size-2.5 rounded-full bg-accent" />
    </span>
    Waiting for your first request…
  </div>
)

export const StartPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requireOrganization(org)
  const [{ newestRequest, isFirst, hasKeys }, model] = await Promise.all([readStart(visit), readExampleModel()])
  return (
    <div className="mx-auto max-w-3xl">
      {newestRequest === null && <LiveRefresh everyMs={POLL_MS} />}
      <PageHeader
        title="Make your first call"
        detail="A key, a base URL, a model’s name: nothing else changes in your code."
      />
      <div className="space-y-9">
        <FirstKey orgSlug={org} proxyUrl={readEnv().proxyUrl} model={model} hasKeys={hasKeys} />
        <section className="relative pl-11">
          <span className="absolute top-0 left-0 flex size-7 items-center justify-center rounded-full border bg-surface text-[13px] font-medium text-muted tabular-nums">
            3
          </span>
          <h2 className="pt-0.5 text-base font-semibold tracking-tight">See it arrive</h2>
          <div className="mt-3">
            {newestRequest === null ? (
              <Waiting />
            ) : (
              <div
                role="status"
                data-testid="first-request"
                className="rounded-xl border border-accent/30 bg-accent-soft px-5 py-4"
              >
                <p className="font-semibold text-accent">
                  {isFirst ? 'Your first request is here' : 'Your latest request'}
                </p>
                <p className="mt-1 leading-relaxed">
                  <span className="font-medium">{newestRequest.modelId}</span> by {newestRequest.provider} ·{' '}
                  {describeOutcome(newestRequest.outcome).label} ·{' '}
                  <Time atMs={newestRequest.startedAtMs} style="second" /> · cost{' '}
                  <Money pusd={newestRequest.billedPusd} />
                </p>
                <div className="mt-4 flex flex-wrap gap-2">
                  <LinkButton href={`/${org}/requests/${newestRequest.requestId}`} size="small">
                    Look at it <ArrowRight aria-hidden />
                  </LinkButton>
                  <LinkButton href={`/${org}`} size="small" tone="secondary">
                    Go to the dashboard
                  </LinkButton>
                </div>
              </div>
            )}
          </div>
        </section>
      </div>
    </div>
  )
}
