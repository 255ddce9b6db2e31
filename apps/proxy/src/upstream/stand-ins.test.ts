import { expect, test } from 'vitest'
import type { Plan } from '../call/call-context.ts'
import type { Candidate } from './candidates.ts'
import { withoutStandIns } from './stand-ins.ts'

const candidate = (id: string, modelId: string, simulated: boolean): Candidate =>
  ({ id, modelId, providerId: id.split('/')[0], target: { simulated } }) as unknown as Candidate

const planOf = (...candidates: readonly Candidate[]): Plan =>
  ({ model: { id: candidates[0]?.modelId }, candidates, skipped: [] }) as unknown as Plan

const idsOf = ({ candidates }: Plan): readonly string[] => candidates.map(({ id }) => id)

test('a simulator does not stand in for a real provider of the same model, and the plan says so', () => {
  const plan = withoutStandIns(planOf(candidate('openai/gpt', 'gpt', false), candidate('openrouter/gpt', 'gpt', true)))
  expect(idsOf(plan)).toEqual(['openai/gpt'])
  expect(plan.skipped).toMatchObject([{ offeringId: 'openrouter/gpt', provider: 'openrouter', result: 'skipped' }])
})

test('a model that is only simulated is served by all of its simulators', () => {
  const plan = planOf(candidate('groq/llama', 'llama', true), candidate('together/llama', 'llama', true))
  expect(withoutStandIns(plan)).toBe(plan)
})

test('another model that the caller named to fall back to may be simulated', () => {
  const plan = planOf(candidate('openai/gpt', 'gpt', false), candidate('anthropic/claude', 'claude', true))
  expect(idsOf(withoutStandIns(plan))).toEqual(['openai/gpt', 'anthropic/claude'])
})
