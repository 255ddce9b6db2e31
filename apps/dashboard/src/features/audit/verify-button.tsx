'use client'

import { ShieldAlert, ShieldCheck } from 'lucide-react'
import { useActionState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { verifyAuditAction, type VerifyState } from './actions.ts'

const START: VerifyState = { status: 'idle' }

const Verdict = ({ report }: { readonly report: NonNullable<VerifyState['report']> }) =>
  report.faults.length === 0 ? (
    <Banner tone="good" icon={<ShieldCheck aria-hidden />}>
      <span data-testid="audit-verdict">
        {report.entries.toLocaleString('en')} {report.entries === 1 ? 'entry' : 'entries'} checked: nothing changed,
        removed, inserted or reordered.
        {report.erased > 0 && ` Personal details of ${report.erased} were erased on record.`}
      </span>
      <span className="mt-0.5 block break-all">
        Head <code className="font-mono">{report.headHash}</code>
      </span>
    </Banner>
  ) : (
    <Banner tone="danger" icon={<ShieldAlert aria-hidden />} isAlert>
      <span data-testid="audit-verdict">The record does not hold. Tell whoever runs this installation:</span>
      <ul className="mt-1 list-disc pl-4">
        {report.faults.map((fault) => (
          <li key={`${fault.sequence}-${fault.what}`}>
            {fault.sequence === 0 ? '' : `Entry ${fault.sequence} `}
            {fault.what}
          </li>
        ))}
      </ul>
    </Banner>
  )

export const VerifyButton = ({ orgSlug }: { readonly orgSlug: string }) => {
  const [state, submit] = useActionState(verifyAuditAction.bind(null, orgSlug), START)
  return (
    <form action={submit} className="space-y-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-prose text-[13px] text-muted">
          Each entry carries a hash of itself and of the one before, so none can be changed, removed or slipped in
          unseen.
        </p>
        <SubmitButton tone="secondary" size="small" pendingLabel="Verifying…">
          <ShieldCheck aria-hidden /> Verify
        </SubmitButton>
      </div>
      <div aria-live="polite">
        {state.message !== undefined && <Banner tone="danger">{state.message}</Banner>}
        {state.report !== undefined && <Verdict report={state.report} />}
      </div>
    </form>
  )
}
