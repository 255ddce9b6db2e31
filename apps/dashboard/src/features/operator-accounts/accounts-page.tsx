import { Landmark } from 'lucide-react'
import { listAccounts, listStuckCreditNotes, type AccountView, type StuckCreditNote } from '@atpar/db/operator-accounts'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../../deps.ts'
import { formatCents, formatFixed } from '../../format/money.ts'
import { OperatorFrame } from '../../operator/operator-frame.tsx'
import { requireOperator } from '../../operator/require-operator.ts'
import { Badge, type BadgeTone } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FilterForm } from '../../ui/filter-form.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import { GrantCreditButton } from './grant-credit-button.tsx'
import { RedoCreditNoteButton } from './redo-credit-note-button.tsx'

const STAGES: Readonly<Record<string, { readonly tone: BadgeTone; readonly label: string }>> = {
  notice: { tone: 'warning', label: 'Past due' },
  no_new_keys: { tone: 'warning', label: 'No new keys' },
  line_halved: { tone: 'warning', label: 'Line halved' },
  suspended: { tone: 'bad', label: 'Suspended' },
  uncollectible: { tone: 'bad', label: 'Written off' },
}

const whatToDo = (note: StuckCreditNote): string => {
  if (note.isRefundRefused) return 'The card does not take it back: it can go into the prepaid balance.'
  if (note.state === 'requested') return 'It is still tried by itself; look at Stripe if this stays.'
  return 'Read what Stripe says, mend it there, and try again.'
}

const StuckNotes = ({ notes }: { readonly notes: readonly StuckCreditNote[] }) => (
  <Card flush title="Credit notes that need a look" detail="Issued here, and not settled at Stripe.">
    <ul className="divide-y">
      {notes.map((note) => (
        <li key={note.creditNoteId} className="flex flex-wrap items-start justify-between gap-3 px-5 py-3.5">
          <div className="min-w-0 flex-1">
            <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
              <span className="font-mono text-[13px] break-all">{note.number}</span> {formatCents(note.totalCents)}
              <Badge tone={note.state === 'failed' ? 'bad' : 'warning'}>
                {note.state === 'failed' ? 'Failed' : `Tried ${note.attempts} times`}
              </Badge>
            </p>
            <p className="mt-0.5 text-[13px] text-muted">
              {note.orgSlug} · invoice {note.invoiceNumber} · <Time atMs={note.issuedAtMs} />
            </p>
            {note.lastError !== null && <p className="mt-0.5 text-[13px] break-words text-danger">{note.lastError}</p>}
            <p className="mt-0.5 text-[13px]">{whatToDo(note)}</p>
          </div>
          {note.state === 'failed' && (
            <RedoCreditNoteButton
              creditNoteId={note.creditNoteId}
              number={note.number}
              isRefundRefused={note.isRefundRefused}
            />
          )}
        </li>
      ))}
    </ul>
  </Card>
)

const Account = ({ account }: { readonly account: AccountView }) => {
  const stage = STAGES[account.dunningStage]
  return (
    <li className="flex flex-wrap items-start justify-between gap-3 px-5 py-3.5">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {account.orgName} <span className="font-normal text-muted">{account.orgSlug}</span>
          {stage !== undefined && <Badge tone={stage.tone}>{stage.label}</Badge>}
          {account.isPrepaidOnly && <Badge tone="warning">Prepaid only</Badge>}
          {!account.hasCard && <Badge tone="neutral">No card</Badge>}
        </p>
        <p className="mt-0.5 text-[13px] text-muted tabular-nums">
          Owes <Money pusd={account.owedPusd} detail="overview" /> of{' '}
          <Money pusd={account.linePusd} detail="overview" />
          {account.grantedPusd !== null && (
            <>
              , <Money pusd={account.grantedPusd} detail="overview" /> granted
            </>
          )}
          {account.oldestUnpaidDueAtMs !== null && (
            <>
              , unpaid since <Time atMs={account.oldestUnpaidDueAtMs} style="day" />
            </>
          )}
        </p>
      </div>
      <GrantCreditButton
        orgId={account.orgId}
        orgName={account.orgName}
        granted={account.grantedPusd === null ? '' : formatFixed(account.grantedPusd, 2).replace('$', '')}
      />
    </li>
  )
}

interface AccountsPageProps {
  readonly searchParams: Promise<{ readonly q?: string | string[] }>
}

/** Who owes what, how far they may go, and what of their money is stuck. */
export const AccountsPage = async ({ searchParams }: AccountsPageProps) => {
  const { userId } = await requireOperator()
  const { q } = await searchParams
  const search = typeof q === 'string' ? q.trim().slice(0, 100) : ''
  const { accounts, notes } = await withActor(readDeps().db, userId, async (tx) => ({
    accounts: await listAccounts(tx, search),
    notes: await listStuckCreditNotes(tx),
  }))
  return (
    <OperatorFrame>
      <PageHeader
        title="Accounts"
        detail="Past due first, then by what is owed. A line grows by itself with what is paid; a grant is for those who need more at once."
      />
      {notes.length > 0 && <StuckNotes notes={notes} />}
      <FilterForm searchLabel="Find an organization" search={search} />
      <Card flush title="Organizations">
        {accounts.length === 0 ? (
          <EmptyState icon={<Landmark />} title={search === '' ? 'No organization yet' : 'None is called that'}>
            {search === ''
              ? 'Each that signs up has a starter line and stands here.'
              : 'A part of the name or of its address is enough.'}
          </EmptyState>
        ) : (
          <ul className="divide-y">
            {accounts.map((account) => (
              <Account key={account.orgId} account={account} />
            ))}
          </ul>
        )}
      </Card>
    </OperatorFrame>
  )
}
