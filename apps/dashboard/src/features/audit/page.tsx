import { ArrowLeft, ArrowRight, Download, ScrollText } from 'lucide-react'
import { requirePagePermission } from '../../auth/guard.ts'
import { buttonClass, LinkButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { AuditEntryItem } from './entry.tsx'
import { FilterForm } from './filter-form.tsx'
import { readAudit } from './queries.ts'
import { auditHref, isFiltered, parseAuditQuery } from './query-string.ts'
import { VerifyButton } from './verify-button.tsx'

interface AuditLogPageProps {
  readonly params: Promise<{ readonly org: string }>
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>
}

const Exports = ({ orgSlug }: { readonly orgSlug: string }) => (
  <div className="flex gap-2">
    {(['csv', 'jsonl'] as const).map((format) => (
      <a
        key={format}
        href={`/${orgSlug}/settings/audit-log/export?format=${format}`}
        download
        className={buttonClass('secondary', 'small')}
      >
        <Download aria-hidden /> {format.toUpperCase()}
      </a>
    ))}
  </div>
)

export const AuditLogPage = async ({ params, searchParams }: AuditLogPageProps) => {
  const [{ org }, raw] = await Promise.all([params, searchParams])
  const visit = await requirePagePermission(org, 'audit:read')
  const query = parseAuditQuery(raw)
  const { entries, next, facets } = await readAudit(visit, query)
  return (
    <>
      <Card title="Audit log" detail="Who did what to this organization, and when." action={<Exports orgSlug={org} />}>
        <div className="space-y-5">
          <VerifyButton orgSlug={org} />
          <div className="border-t pt-4">
            <FilterForm orgSlug={org} query={query} facets={facets} />
          </div>
        </div>
      </Card>
      <Card flush>
        {entries.length === 0 ? (
          <EmptyState icon={<ScrollText />} title="No such entries">
            {isFiltered(query)
              ? 'Nobody did that in that time. Clear the filter to see everything.'
              : 'Every act of management appears here: keys, members, budgets, settings.'}
          </EmptyState>
        ) : (
          <ul className="divide-y" data-testid="audit-entries">
            {entries.map((entry) => (
              <AuditEntryItem key={entry.id} entry={entry} />
            ))}
          </ul>
        )}
      </Card>
      {(query.before !== '' || next !== null) && (
        <nav aria-label="Pages" className="flex justify-between">
          {query.before === '' ? (
            <span />
          ) : (
            <LinkButton href={auditHref(org, { ...query, before: '' })} tone="secondary" size="small">
              <ArrowLeft aria-hidden /> Newest
            </LinkButton>
          )}
          {next !== null && (
            <LinkButton href={auditHref(org, { ...query, before: next })} tone="secondary" size="small">
              Older <ArrowRight aria-hidden />
            </LinkButton>
          )}
        </nav>
      )}
    </>
  )
}
