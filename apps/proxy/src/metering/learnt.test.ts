import { describe, expect, it } from 'vitest'
import { createLearnt, type Lesson } from './learnt.ts'

const lesson = (changes: Partial<Lesson> = {}): Lesson => ({
  orgId: 'org',
  modelId: 'model',
  outputTokens: 100,
  input: { bytes: 1_000, tokens: 250 },
  outputCharacters: 400,
  ...changes,
})
const teach = (count: number, changes: (index: number) => Partial<Lesson> = () => ({})) => {
  const learnt = createLearnt()
  for (let index = 0; index < count; index += 1) learnt.record(lesson(changes(index)))
  return learnt
}

describe('what recent answers teach', () => {
  it('is nothing until enough were seen', () => {
    const learnt = teach(19)
    expect(learnt.inputPerByte('model')).toBe(1)
    expect(learnt.usualOutput('org', 'model')).toBeNull()
  })

  it('leans upwards: the densest text of the last ones and a tenth on top, never more than a token per byte', () => {
    const dense = teach(100, (index) => ({ input: { bytes: 1_000, tokens: index === 50 ? 500 : 250 } }))
    expect(dense.inputPerByte('model')).toBeCloseTo(0.55)
    expect(teach(30, () => ({ input: { bytes: 100, tokens: 99 } })).inputPerByte('model')).toBe(1)
  })

  it('forgets a dense text after two hundred others', () => {
    const learnt = teach(320, (index) => ({ input: { bytes: 1_000, tokens: index === 0 ? 900 : 250 } }))
    expect(learnt.inputPerByte('model')).toBeCloseTo(0.275)
  })

  it('expects what 95 of 100 answers stayed below, for each organization and model apart', () => {
    const learnt = teach(100, (index) => ({ outputTokens: index + 1 + 100 }))
    expect(learnt.usualOutput('org', 'model')).toBe(195)
    expect(learnt.usualOutput('other', 'model')).toBeNull()
    expect(learnt.usualOutput('org', 'other')).toBeNull()
  })

  it('learns no text density from requests that hold more than text', () => {
    expect(teach(50, () => ({ input: null })).inputPerByte('model')).toBe(1)
  })
})
