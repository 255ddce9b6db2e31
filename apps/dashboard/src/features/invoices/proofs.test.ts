import { expect, test } from 'vitest'
import { verify, type ProofRun } from './proofs.ts'

const run = (proof: string, differencePusd = 0n, over: Partial<ProofRun> = {}): ProofRun => ({
  proof,
  differencePusd,
  detail: {},
  ranAtMs: 1,
  ...over,
})
const always = ['P1', 'P2', 'P3', 'P5', 'P7'].map((proof) => run(proof))
const stateOf = (name: string, runs: readonly ProofRun[]) =>
  verify(runs).verdicts.find((verdict) => verdict.name === name)?.state

test('an invoice that nobody paid yet is verified when every proof that applies ran and found nothing', () => {
  expect(verify(always).isVerified).toBe(true)
  expect([stateOf('P4', always), stateOf('P6', always), stateOf('P7', always)]).toEqual(['idle', 'idle', 'holds'])
})

test.each(always.map(({ proof }) => proof))('without a run of %s it is unverified', (missing) => {
  expect(verify(always.filter(({ proof }) => proof !== missing)).isVerified).toBe(false)
})

test.each(['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7'])(
  'a difference in %s leaves it unverified, until a later run finds none',
  (proof) => {
    const differing = [...always, run(proof, 1n, { ranAtMs: 2 })]
    expect(verify(differing).isVerified).toBe(false)
    expect(stateOf(proof, differing)).toBe('differs')
    expect(verify([...differing, run(proof, 0n, { ranAtMs: 3 })]).isVerified).toBe(true)
  },
)

test('a comparison with no provider’s bill proves nothing of it, and one with a bill does', () => {
  expect(stateOf('P6', [...always, run('P6', 0n, { detail: { comparedDays: '0' } })])).toBe('idle')
  expect(stateOf('P6', [...always, run('P6', 0n, { detail: { comparedDays: '3' } })])).toBe('holds')
})
