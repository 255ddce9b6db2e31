export type ProofName = 'P1' | 'P2' | 'P3' | 'P5'

const PROOFS: readonly { readonly name: ProofName; readonly claim: string }[] = [
  { name: 'P1', claim: 'The calls, the hourly sums and the ledger hold the same amount.' },
  { name: 'P2', claim: 'Usage plus what was carried in, less what is carried out, is the total.' },
  { name: 'P3', claim: 'The lines add up to the total.' },
  { name: 'P5', claim: 'Every call is on exactly one invoice, and none of another organization is on this one.' },
]

export interface ProofRun {
  readonly proof: string
  readonly differencePusd: bigint
  readonly ranAtMs: number
}

export interface ProofVerdict {
  readonly name: ProofName
  readonly claim: string
  /** Null when it has not run for this period. */
  readonly run: ProofRun | null
}

export interface Verification {
  readonly verdicts: readonly ProofVerdict[]
  /** True only when all four ran and none found a difference: an absent proof proves nothing. */
  readonly isVerified: boolean
}

/** Judges by the latest run of each proof. */
export const verify = (runs: readonly ProofRun[]): Verification => {
  const verdicts = PROOFS.map(({ name, claim }) => {
    const latest = runs.filter((run) => run.proof === name).toSorted((a, b) => b.ranAtMs - a.ranAtMs)[0]
    return { name, claim, run: latest ?? null }
  })
  return { verdicts, isVerified: verdicts.every((verdict) => verdict.run?.differencePusd === 0n) }
}
