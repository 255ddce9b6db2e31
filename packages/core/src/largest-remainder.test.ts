import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allotLargestRemainder, floorDivide } from './largest-remainder.ts'

const amounts = fc.array(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 18n }), { maxLength: 30 })
const UNIT = 10_000_000_000n

describe('allotLargestRemainder', () => {
  it('gives shares that sum to the floored sum, each within one unit of its own floor', () => {
    fc.assert(
      fc.property(amounts, (parts) => {
        const shares = allotLargestRemainder(parts, UNIT)
        const sum = parts.reduce((total, part) => total + part, 0n)
        expect(shares.reduce((total, share) => total + share, 0n)).toBe(floorDivide(sum, UNIT))
        for (const [index, share] of shares.entries()) {
          const extra = share - floorDivide(parts[index] ?? 0n, UNIT)
          expect(extra === 0n || extra === 1n).toBe(true)
        }
      }),
    )
  })

  it('gives the extra unit to the largest remainder, the earlier of two equal ones first', () => {
    expect(allotLargestRemainder([4n, 7n, 9n], 10n)).toEqual([0n, 1n, 1n])
    expect(allotLargestRemainder([5n, 5n], 10n)).toEqual([1n, 0n])
  })

  it('rounds a credit towards minus infinity, in the favour of whom it is due to', () => {
    expect(allotLargestRemainder([-1n], 10n)).toEqual([-1n])
  })
})
