import { Check, Clock, Minus, ShieldCheck, TriangleAlert } from 'lucide-react'
import { CopyableId } from '../../ui/code-block.tsx'
import { Money } from '../../ui/money.tsx'
import { Time } from '../../ui/time.tsx'
import type { ProofVerdict, Verification } from './proofs.ts'

const LOOKS = {
  holds: { Icon: Check, tone: 'text-accent' },
  differs: { Icon: TriangleAlert, tone: 'text-danger' },
  missing: { Icon: Clock, tone: 'text-faint' },
  idle: { Icon: Minus, tone: 'text-faint' },
} as const

const Verdict = ({ verdict }: { readonly verdict: ProofVerdict }) => {
  const { run, state, reason } = verdict
  const { Icon, tone } = LOOKS[state]
  return (
    <li className="flex gap-2.5">
      <Icon className={`mt-0.5 size-4 shrink-0 ${tone}`} aria-hidden />
      <div>
        <p className="leading-snug">
          <span className="font-medium">{verdict.name}</span> <span className="text-muted">{verdict.claim}</span>
        </p>
        <p className="text-[13px] text-faint">
          {run === null || reason !== null ? (
            (reason ?? 'Has not run yet')
          ) : (
            <>
              Difference <Money pusd={run.differencePusd} /> · <Time atMs={run.ranAtMs} />
            </>
          )}
        </p>
      </div>
    </li>
  )
}

export const VerifiedBadge = ({
  verification,
  evidenceSha256,
}: {
  readonly verification: Verification
  readonly evidenceSha256: string | null
}) => {
  const { isVerified, verdicts } = verification
  return (
    <section aria-label="Proofs" className={`rounded-xl border ${isVerified ? 'border-accent/30' : ''} bg-surface`}>
      <div
        className={`flex items-center gap-3 rounded-t-xl border-b px-5 py-4 ${isVerified ? 'bg-accent-soft text-accent' : 'bg-subtle text-muted'}`}
      >
        <ShieldCheck className="size-6 shrink-0" aria-hidden />
        <div>
          <p className="font-semibold" data-testid="verified">
            {isVerified ? 'Verified at par' : 'Not verified yet'}
          </p>
          <p className="text-[13px]">
            {isVerified ? 'Recomputed from every call, difference zero' : 'A proof is missing or found a difference'}
          </p>
        </div>
      </div>
      <ul className="space-y-3 px-5 py-4">
        {verdicts.map((verdict) => (
          <Verdict key={verdict.name} verdict={verdict} />
        ))}
      </ul>
      {evidenceSha256 !== null && (
        <div className="border-t px-5 py-3">
          <p className="text-[13px] text-muted">Evidence hash, SHA-256 over every call and its amount</p>
          <CopyableId id={evidenceSha256} label="evidence hash" />
        </div>
      )}
    </section>
  )
}
