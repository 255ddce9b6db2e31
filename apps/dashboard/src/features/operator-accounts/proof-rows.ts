import type { NewestProof } from '@atpar/db/operator-accounts'

export const PROOF_NAMES = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7'] as const
export type ProofName = (typeof PROOF_NAMES)[number]

/** One organization's month: its newest figures side by side. */
export interface ProofMonth {
  readonly orgSlug: string
  readonly orgName: string
  readonly period: string
  readonly proofs: Readonly<Partial<Record<string, NewestProof>>>
  readonly ranAtMs: number
  readonly isOff: boolean
}

/** What to do about each, for whoever finds it off. */
export const ADVICE: Readonly<Record<ProofName, string>> = {
  P1: 'Events, roll-ups and ledger differ. Run rebuild-rollups for the organization; if it finds nothing, a posting is wrong.',
  P2: 'The invoice is not the usage. It was changed after its issue, or an event was: explain --invoice names the line.',
  P3: 'The lines do not sum to the total. A line was changed after its issue: compare with the stored document.',
  P4: 'Our cash is not Stripe’s. Look for a payment, fee or refund that one side has and the other has not.',
  P5: 'An event is in no invoice, in two, or in another organization’s. verify-audit and the evidence tell which.',
  P6: 'A provider bills other units than it told us. The reconciliation shows which bucket; accept it there with a reason, or correct it.',
  P7: 'Something stays in an account it should only pass through. The ledger’s oldest posting there names the push or dispute.',
}

/** Months with a difference first, then by organization and the newest month. */
export const toMonths = (proofs: readonly NewestProof[]): readonly ProofMonth[] => {
  const months = new Map<string, NewestProof[]>()
  for (const proof of proofs.filter(({ proof: name }) => PROOF_NAMES.some((known) => known === name))) {
    const key = `${proof.orgSlug} ${proof.period}`
    months.set(key, [...(months.get(key) ?? []), proof])
  }
  return [...months.values()]
    .flatMap((runs): ProofMonth[] => {
      const [first] = runs
      if (first === undefined) return []
      return [
        {
          orgSlug: first.orgSlug,
          orgName: first.orgName,
          period: first.period,
          proofs: Object.fromEntries(runs.map((run) => [run.proof, run])),
          ranAtMs: Math.max(...runs.map((run) => run.ranAtMs)),
          isOff: runs.some((run) => run.differencePusd !== 0n),
        },
      ]
    })
    .toSorted(
      (one, other) =>
        Number(other.isOff) - Number(one.isOff) ||
        (one.orgSlug < other.orgSlug ? -1 : one.orgSlug > other.orgSlug ? 1 : 0) ||
        (one.period < other.period ? 1 : -1),
    )
}
