import { afterAll, beforeAll, expect, it } from 'vitest'
import { startMatrixSystem, type MatrixSystem } from '../matrix/matrix-system.ts'
import { collectHaystacks } from './haystacks.ts'
import { canaryEnv, playCanary } from './play-canary.ts'

let stage: MatrixSystem
beforeAll(async () => {
  stage = await startMatrixSystem((wireUrl) => ({ proxyEnv: canaryEnv(wireUrl) }))
}, 90_000)
afterAll(() => stage.stop())

it('what callers say, what they are told and every key are in no log, error, trace, URL, file, Redis or Postgres', async () => {
  const { calls, places, leaks } = await playCanary(stage)
  expect(leaks).toEqual([])
  expect(calls).toBeGreaterThan(100)
  expect(places).toBeGreaterThan(100)
}, 120_000)

it('looked where there is something to find: what may be known is there', async () => {
  const haystacks = await collectHaystacks(stage)
  const holds = (place: RegExp, text: string): boolean =>
    haystacks.some((haystack) => place.test(haystack.place) && haystack.text.includes(text))
  expect(holds(/^table usage_event$/, 'gpt-5-mini')).toBe(true)
  expect(holds(/^journal/, 'gpt-5-mini')).toBe(true)
  expect(holds(/^Redis/, 'SELECT')).toBe(true)
  expect(holds(/^log of proxy/, '{')).toBe(true)
  expect(holds(/^URLs/, '/openai/v1/chat/completions')).toBe(true)
})
