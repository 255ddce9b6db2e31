import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { approvePricesAction, rejectPricesAction } from './actions.ts'

interface DecisionProps {
  readonly lineIds: readonly string[]
  /** What is decided on, in the words of the page. */
  readonly what: string
  readonly largeCount: number
}

/** Yes or no to some changes of price, each after its consequence was read. */
export const DecisionButtons = ({ lineIds, what, largeCount }: DecisionProps) => (
  <div className="flex gap-1">
    <ConfirmButton
      label={what.startsWith('all ') ? 'Approve all' : 'Approve'}
      spokenLabel={`Approve ${what}`}
      tone="secondary"
      title={`Approve ${what}?`}
      consequence={
        <>
          A new price book comes into force for every request from now on. Where a price fell before today, what was
          billed since is given back by itself; nothing is ever raised backwards.
          {largeCount > 0 && ` ${largeCount} of the changes are of more than ×3: read them at their source first.`}
        </>
      }
      confirmLabel="Approve"
      pendingLabel="Approving…"
      action={approvePricesAction.bind(null, lineIds)}
    />
    <ConfirmButton
      label={what.startsWith('all ') ? 'Reject all' : 'Reject'}
      spokenLabel={`Reject ${what}`}
      title={`Reject ${what}?`}
      consequence="The prices in force stay, and the same change is not proposed again until its source says something else."
      confirmLabel="Reject"
      pendingLabel="Rejecting…"
      action={rejectPricesAction.bind(null, lineIds)}
    />
  </div>
)
