import type { BillingView } from '../../acts/billing/billing-view.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Money } from '../../ui/money.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Time } from '../../ui/time.tsx'

const nextLine = (hasCard: boolean): string =>
  hasCard
    ? 'It grows by itself with what you pay: half more than your dearest paid month. At 80 % of it an interim invoice is charged, so that it has room again.'
    : 'Add a card and it becomes $10.00, after the first paid invoice $50.00, and from then on half more than your dearest paid month.'

/** How much may be owed before calls stop, and what is owed of it now. */
export const CreditCard = ({
  credit,
  hasCard,
}: {
  readonly credit: BillingView['credit']
  readonly hasCard: boolean
}) => {
  const owed = credit.owedPusd > 0n ? credit.owedPusd : 0n
  const isHalved = credit.stage === 'line_halved' || credit.stage === 'suspended' || credit.stage === 'uncollectible'
  return (
    <Card
      title="Credit line"
      detail="Unbilled usage and open invoices, less what is prepaid"
      action={
        credit.isPrepaidOnly ? (
          <Badge tone="warning">Prepaid only</Badge>
        ) : isHalved ? (
          <Badge tone="bad">Half of it, while an invoice is overdue</Badge>
        ) : undefined
      }
    >
      <div className="space-y-3">
        <p className="text-2xl font-semibold tracking-tight tabular-nums">
          <Money pusd={owed} detail="overview" />{' '}
          <span className="text-base font-normal text-muted">
            owed of <Money pusd={credit.linePusd} detail="overview" />
          </span>
        </p>
        <Progress label="Share of the credit line that is used" part={owed} whole={credit.linePusd} />
        <p className="text-sm leading-relaxed text-muted">
          {credit.isPrepaidOnly
            ? 'A charge was disputed, so calls draw on the prepaid balance alone.'
            : nextLine(hasCard)}{' '}
          When all of it is used, calls are refused and nothing is charged beyond it.
        </p>
        {credit.nextStep !== null && (
          <p className="text-sm text-muted">
            Next, unless the open invoice is paid: {STEP_WORDS[credit.nextStep.stage]} on{' '}
            <Time atMs={credit.nextStep.atMs} style="day" />.
          </p>
        )}
      </div>
    </Card>
  )
}

const STEP_WORDS: Readonly<Record<NonNullable<BillingView['credit']['nextStep']>['stage'], string>> = {
  none: 'nothing',
  notice: 'a reminder',
  no_new_keys: 'no new keys',
  line_halved: 'half of the line',
  suspended: 'calls are refused',
  uncollectible: 'the invoice is written off',
}
