import { Download } from 'lucide-react'
import { buttonClass } from '../../../ui/button.tsx'
import { Card } from '../../../ui/card.tsx'
import { InputField, SelectField } from '../../../ui/field.tsx'
import type { ExportFormat } from './query-string.ts'

const LABELS: Readonly<Record<ExportFormat, string>> = {
  csv: 'Every call, CSV',
  jsonl: 'Every call, JSON lines',
  team: 'Cost by team, CSV',
  member: 'Cost by member, CSV',
  key: 'Cost by key, CSV',
  tag: 'Cost by tag, CSV',
  focus: 'FOCUS 1.2, for finance tools',
}

interface ExportCardProps {
  readonly orgSlug: string
  /** UTC days, both included. */
  readonly fromDay: string
  readonly toDay: string
  readonly teamId: string | null
}

/** A plain form of the address, so that a download can be repeated by a program. */
export const ExportCard = ({ orgSlug, fromDay, toDay, teamId }: ExportCardProps) => (
  <Card
    title="Export"
    detail="Exact dollars, UTC days. If a download of calls breaks off, add &after= and the cursor at the end of its last whole line to the address: the rest follows."
  >
    <form
      action={`/${orgSlug}/usage/export`}
      className="grid grid-cols-2 items-end gap-3 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)_auto]"
    >
      <div className="col-span-2 sm:col-span-1">
        <SelectField label="What" name="format" defaultValue="csv">
          {Object.entries(LABELS).map(([format, label]) => (
            <option key={format} value={format}>
              {label}
            </option>
          ))}
        </SelectField>
      </div>
      <InputField label="From" name="from" type="date" defaultValue={fromDay} required />
      <InputField label="To" name="to" type="date" defaultValue={toDay} required />
      {teamId !== null && <input type="hidden" name="team" value={teamId} />}
      <button type="submit" className={`${buttonClass('secondary')} col-span-2 sm:col-span-1`}>
        <Download aria-hidden /> Download
      </button>
    </form>
  </Card>
)
