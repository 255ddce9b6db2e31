import Link from 'next/link'
import type { AuditFacets } from '@atpar/db/audit-log'
import { Button } from '../../ui/button.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { describeAction } from './changes.ts'
import { auditHref, isFiltered, type AuditQuery } from './query-string.ts'

interface FilterFormProps {
  readonly orgSlug: string
  readonly query: AuditQuery
  readonly facets: AuditFacets
}

/** A plain form of the address: it works before any script does, and the result can be shared. */
export const FilterForm = ({ orgSlug, query, facets }: FilterFormProps) => (
  <form action={auditHref(orgSlug, {})} className="grid grid-cols-2 gap-3 sm:grid-cols-6">
    <div className="col-span-2">
      <SelectField label="Who" name="actor" defaultValue={query.actor}>
        <option value="">Anyone</option>
        {facets.actors.map((actor) => (
          <option key={actor.userId} value={actor.userId}>
            {actor.name ?? 'Former member'}
          </option>
        ))}
        <option value="management-key">Management keys</option>
        <option value="support">Support</option>
        <option value="system">The platform</option>
      </SelectField>
    </div>
    <div className="col-span-2">
      <SelectField label="Did what" name="action" defaultValue={query.action}>
        <option value="">Anything</option>
        {facets.actions.map((action) => (
          <option key={action} value={action}>
            {describeAction(action)}
          </option>
        ))}
      </SelectField>
    </div>
    <div className="col-span-2">
      <SelectField label="To" name="subject" defaultValue={query.subject}>
        <option value="">Everything</option>
        {facets.subjectKinds.map((kind) => (
          <option key={kind} value={kind}>
            {describeAction(kind)}
          </option>
        ))}
      </SelectField>
    </div>
    <div className="sm:col-span-2">
      <InputField label="From" name="from" type="date" defaultValue={query.from} />
    </div>
    <div className="sm:col-span-2">
      <InputField label="Until" name="to" type="date" defaultValue={query.to} />
    </div>
    <div className="col-span-2 flex items-end justify-end gap-3">
      {isFiltered(query) && (
        <Link
          href={auditHref(orgSlug, {})}
          className="pb-2.5 text-[13px] text-muted underline-offset-4 hover:underline"
        >
          Clear
        </Link>
      )}
      <Button type="submit" tone="secondary">
        Filter
      </Button>
    </div>
  </form>
)
