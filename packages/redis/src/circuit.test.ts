import { describe, expect, it } from 'vitest'
import { createCircuit } from './circuit.ts'

const failTimes = (circuit: ReturnType<typeof createCircuit>, times: number, atMs: number): void => {
  for (let n = 0; n < times; n += 1) circuit.fail(atMs)
}

describe('createCircuit', () => {
  it('opens at the fifth failure within a second', () => {
    const circuit = createCircuit(() => 0.5)
    failTimes(circuit, 4, 1_000)
    expect(circuit.allows(1_000)).toBe(true)
    circuit.fail(1_999)
    expect(circuit.allows(1_999)).toBe(false)
  })

  it('forgets failures older than a second', () => {
    const circuit = createCircuit(() => 0.5)
    failTimes(circuit, 4, 1_000)
    circuit.fail(2_001)
    expect(circuit.allows(2_001)).toBe(true)
  })

  it('lets one call through per probe interval, jittered, and closes when it succeeds', () => {
    const circuit = createCircuit(() => 0)
    failTimes(circuit, 5, 0)
    expect(circuit.allows(1_499)).toBe(false)
    expect(circuit.allows(1_500)).toBe(true)
    expect(circuit.allows(1_501)).toBe(false)
    circuit.succeed()
    expect(circuit.isOpen()).toBe(false)
    expect(circuit.allows(1_502)).toBe(true)
  })
})
