import { describe, expect, it } from 'vitest'
import { createMeter } from './meter.ts'

describe('meter', () => {
  it('keeps what was said, in order, however many pieces it came in', () => {
    const meter = createMeter()
    const words = Array.from({ length: 1_000 }, (_, index) => `w${index} `)
    for (const text of words) meter.add({ type: 'text-delta', index: 0, text })
    expect(meter.deliveredText()).toBe(words.join(''))
    meter.add({ type: 'tool-call-start', index: 0, callIndex: 0, id: 'c', name: 'find' })
    meter.add({ type: 'tool-call-delta', index: 0, callIndex: 0, argumentsJson: '{"q":1}' })
    expect(meter.deliveredText()).toBe(`${words.join('')}find{"q":1}`)
  })

  it('stops keeping text beyond its bound, so that no stream can fill the memory', () => {
    const meter = createMeter()
    for (let index = 0; index < 1_000; index += 1) meter.add({ type: 'text-delta', index: 0, text: 'x'.repeat(1_000) })
    expect(meter.deliveredText().length).toBeLessThan(300_000)
  })

  it('knows the last usage it was told, and whether that one is final', () => {
    const meter = createMeter()
    meter.add({ type: 'usage', final: false, usage: { units: { input_uncached: 5 }, raw: null } })
    expect(meter.usageIsFinal()).toBe(false)
    meter.add({ type: 'usage', final: true, usage: { units: { input_uncached: 5, output_text: 9 }, raw: null } })
    expect(meter.usageIsFinal()).toBe(true)
    expect(meter.usage()?.units).toEqual({ input_uncached: 5, output_text: 9 })
  })

  it('has seen content only when a caller would have', () => {
    const meter = createMeter()
    meter.add({ type: 'start', providerId: 'p', servedModel: 'm' })
    meter.add({ type: 'text-delta', index: 0, text: '' })
    expect(meter.hasContent()).toBe(false)
    meter.add({ type: 'text-delta', index: 0, text: 'a' })
    expect(meter.hasContent()).toBe(true)
  })
})
