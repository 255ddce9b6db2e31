import { expect, test } from 'vitest'
import { verify, type ProofRun } from './proofs.ts'

const run = (proof: string, differencePusd = 0n, ranAtMs = 1): ProofRun => ({ proof, differencePusd, ranAtMs })
const allZero = ['P1', 'P2', 'P3', 'P5'].map((proof) => run(proof))

test('an invoice is verified when all four proofs ran and found nothing', () => {
  expect(verify(allZero).isVerified).toBe(true)
})

test('a proof that did not run leaves it unverified', () => {
  expect(verify(allZero.slice(1)).isVerified).toBe(false)
})

test('one difference leaves it unverified, until a later run finds none', () => {
  expect(verify([...allZero, run('P3', 1n, 2)]).isVerified).toBe(false)
  expect(verify([...allZero, run('P3', 1n, 2), run('P3', 0n, 3)]).isVerified).toBe(true)
})
