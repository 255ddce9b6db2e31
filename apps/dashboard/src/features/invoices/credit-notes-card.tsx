import { Download } from 'lucide-react'
import type { CreditNoteView } from '@atpar/db/credit-notes'
import { formatCents } from '../../format/money.ts'
import { Badge } from '../../ui/badge.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'

const WAYS: Readonly<Record<CreditNoteView['way'], string>> = {
  lowers_due: 'Off what is to be paid',
  refund: 'Back to the card',
  balance: 'Into the prepaid balance',
}

/** What was taken back of this invoice, each with its paper as issued. */
export const CreditNotesCard = ({
  notes,
  invoicePath,
}: {
  readonly notes: readonly CreditNoteView[]
  readonly invoicePath: string
}) => (
  <Card flush title="Credit notes" detail="The invoice stays as it was issued; these stand beside it.">
    <ul className="divide-y">
      {notes.map((note) => {
        const files = `${invoicePath}/credit-notes/${note.creditNoteId}`
        return (
          <li key={note.creditNoteId} className="space-y-2 px-5 py-4">
            <div className="flex items-baseline justify-between gap-3">
              <p className="min-w-0 font-mono text-[13px] break-words">{note.number}</p>
              <p className="font-medium tabular-nums">{formatCents(note.totalCents)}</p>
            </div>
            <p className="text-sm break-words">{note.reason}</p>
            <p className="text-[13px] text-muted">
              <Time atMs={note.issuedAtMs} style="day" /> · {WAYS[note.way]}
              {note.taxCents > 0n && ` · ${formatCents(note.taxCents)} of it tax`}
            </p>
            <div className="flex flex-wrap items-center gap-2">
              <a
                href={`${files}/pdf`}
                download
                className={buttonClass('secondary', 'small')}
                aria-label={`PDF of ${note.number}`}
              >
                <Download aria-hidden /> PDF
              </a>
              <a
                href={`${files}/document`}
                download
                className={buttonClass('quiet', 'small')}
                aria-label={`HTML of ${note.number}`}
              >
                HTML
              </a>
              {!note.isSettled && <Badge tone="info">On its way</Badge>}
            </div>
          </li>
        )
      })}
    </ul>
  </Card>
)
