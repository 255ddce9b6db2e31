import type { JsonValue } from '@atpar/core/json'

export type ProofName = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7'

interface ProofText {
  readonly name: ProofName
  readonly claim: string
  /** Why it may have nothing to compare; left out for one that always has. */
  readonly idle?: string
}

const PROOFS: readonly ProofText[] = [
  { name: 'P1', claim: 'The calls, the hourly sums and the ledger hold the same amount.' },
  { name: 'P2', claim: 'Usage plus what was carried in, less what is carried out, is the total.' },
  { name: 'P3', claim: 'The lines add up to the total.' },
  { name: 'P4', claim: 'What was paid is what Stripe’s own book says.', idle: 'Stripe’s book is compared every night' },
  { name: 'P5', claim: 'Every call is on exactly one invoice, and none of another organization is on this one.' },
  {
    name: 'P6',
    claim: 'What the providers charged for these calls is what their bills say.',
    idle: 'No provider has billed these days yet',
  },
  { name: 'P7', claim: 'Nothing is left in an account that money only passes through.' },
]

export interface ProofRun {
  readonly proof: string
  readonly differencePusd: bigint
  readonly detail: JsonValue
  readonly ranAtMs: number
}

export interface ProofVerdict {
  readonly name: ProofName
  readonly claim: string
  /** `idle`: it does not apply yet, and stands in the way of nothing · `missing`: it has not run for this period */
  readonly state: 'holds' | 'differs' | 'missing' | 'idle'
  /** Why it is idle. */
  readonly reason: string | null
  readonly run: ProofRun | null
}

export interface Verification {
  readonly verdicts: readonly ProofVerdict[]
  /** True only when all that apply ran and none found a difference: an absent proof proves nothing. */
  readonly isVerified: boolean
}

const hasCompared = ({ detail }: ProofRun): boolean =>
  typeof detail !== 'object' ||
  detail === null ||
  Array.isArray(detail) ||
  (detail as Readonly<Record<string, JsonValue>>)['comparedDays'] !== '0'

const judge = ({ name, claim, idle }: ProofText, run: ProofRun | null): ProofVerdict => {
  const verdict = { name, claim, run, reason: null }
  if (run !== null && run.differencePusd !== 0n) return { ...verdict, state: 'differs' }
  if (run !== null && hasCompared(run)) return { ...verdict, state: 'holds' }
  return idle === undefined ? { ...verdict, state: 'missing' } : { ...verdict, state: 'idle', reason: idle }
}

/** Judges by the latest run of each proof. */
export const verify = (runs: readonly ProofRun[]): Verification => {
  const verdicts = PROOFS.map((proof) => {
    const latest = runs.filter((run) => run.proof === proof.name).toSorted((a, b) => b.ranAtMs - a.ranAtMs)[0]
    return judge(proof, latest ?? null)
  })
  return { verdicts, isVerified: verdicts.every(({ state }) => state === 'holds' || state === 'idle') }
}
