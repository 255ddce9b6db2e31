import { ChevronRight } from 'lucide-react'
import type { RecordedAudit } from '@atpar/db/audit-log'
import { Badge } from '../../ui/badge.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Time } from '../../ui/time.tsx'
import { describeAction, findName, listChanges, type FieldChange } from './changes.ts'

const describeActor = (entry: RecordedAudit): string => {
  switch (entry.actorKind) {
    case 'member':
      return entry.actorName ?? 'Former member'
    case 'management-key':
      return 'Management key'
    case 'support':
      return 'Support'
    case 'system':
      return 'The platform'
  }
}

const Side = ({ value, kind }: { readonly value: string | null; readonly kind: 'removed' | 'added' }) =>
  value === null ? null : (
    <span
      className={`block rounded px-1.5 py-0.5 break-words ${kind === 'removed' ? 'bg-danger-soft text-danger' : 'bg-accent-soft text-accent'}`}
    >
      <span aria-hidden>{kind === 'removed' ? '− ' : '+ '}</span>
      <span className="sr-only">{kind === 'removed' ? 'before: ' : 'after: '}</span>
      {value}
    </span>
  )

const Changes = ({ changes }: { readonly changes: readonly FieldChange[] }) => (
  <dl className="grid grid-cols-[minmax(6rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-2 font-mono text-xs leading-relaxed">
    {changes.map(({ field, before, after }) => (
      <div key={field} className="contents">
        <dt className="py-0.5 text-muted">{field}</dt>
        <dd className="min-w-0 space-y-1">
          <Side value={before} kind="removed" />
          <Side value={after} kind="added" />
        </dd>
      </div>
    ))}
  </dl>
)

const mono = (text: string) => <code className="font-mono text-xs break-all">{text}</code>

export const AuditEntryItem = ({ entry }: { readonly entry: RecordedAudit }) => {
  const changes = listChanges(entry.before, entry.after)
  const name = findName(entry.before, entry.after)
  return (
    <li>
      <details className="group">
        <summary className="flex cursor-pointer list-none items-center gap-3 px-5 py-3 text-sm hover:bg-subtle/60 focus-visible:-outline-offset-2 [&::-webkit-details-marker]:hidden">
          <ChevronRight
            className="size-4 shrink-0 text-faint transition-transform group-open:rotate-90 motion-reduce:transition-none"
            aria-hidden
          />
          <span className="min-w-0 flex-1">
            <span className="block truncate">
              <span className="font-medium">{describeAction(entry.action)}</span>
              {name !== null && <span className="text-muted"> · {name}</span>}
            </span>
            <span className="block truncate text-[13px] text-muted">
              {describeActor(entry)}
              <span className="sm:hidden">
                {' · '}
                <Time atMs={entry.createdAtMs} />
              </span>
            </span>
          </span>
          {entry.actorKind === 'support' && <Badge tone="warning">Support</Badge>}
          {entry.actorKind === 'management-key' && <Badge tone="info">API</Badge>}
          <span className="text-[13px] whitespace-nowrap text-muted max-sm:hidden">
            <Time atMs={entry.createdAtMs} style="second" />
          </span>
        </summary>
        <div className="space-y-4 border-t bg-subtle/40 px-5 py-4 sm:pl-12">
          {entry.erasedAtMs !== null ? (
            <p className="text-[13px] text-muted">
              The details were erased on <Time atMs={entry.erasedAtMs} style="day" /> because they were personal. That
              it happened, and when, stays on record.
            </p>
          ) : (
            changes.length > 0 && <Changes changes={changes} />
          )}
          <Facts
            facts={[
              { name: describeAction(entry.subjectKind), value: mono(entry.subjectId) },
              ...(entry.ip === undefined ? [] : [{ name: 'From', value: mono(entry.ip) }]),
              ...(entry.sessionId === undefined ? [] : [{ name: 'Session', value: mono(entry.sessionId) }]),
              ...(entry.managementKeyId === undefined ? [] : [{ name: 'Key', value: mono(entry.managementKeyId) }]),
              { name: 'Entry', value: `#${entry.sequence}` },
              { name: 'Hash', value: mono(entry.hash) },
            ]}
          />
        </div>
      </details>
    </li>
  )
}
