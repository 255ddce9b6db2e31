import { describe, expect, it } from 'vitest'
import { deriveKey, seal, unseal } from './secret-box.ts'

const key = deriveKey('a secret of the installation', 'second-factor')
const plain = Buffer.from('what nobody else may read')

describe('what is sealed', () => {
  it('opens by its key and for its owner', () => {
    expect(Buffer.from(unseal(seal(plain, key, 'ada'), key, 'ada') ?? []).toString()).toBe(plain.toString())
  })

  it('opens neither for another owner nor by a key for another purpose or of another installation', () => {
    const sealed = seal(plain, key, 'ada')
    expect(unseal(sealed, key, 'bob')).toBeNull()
    expect(unseal(sealed, deriveKey('a secret of the installation', 'something else'), 'ada')).toBeNull()
    expect(unseal(sealed, deriveKey('another secret', 'second-factor'), 'ada')).toBeNull()
  })

  it('does not open once any of its bytes is changed, or when it is cut', () => {
    const sealed = seal(plain, key, 'ada')
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(unseal(changed, key, 'ada')).toBeNull()
      expect(unseal(sealed.subarray(0, index), key, 'ada')).toBeNull()
    }
  })

  it('is different each time and holds nothing of the plain text', () => {
    const [first, second] = [seal(plain, key, 'ada'), seal(plain, key, 'ada')]
    expect(Buffer.from(first).equals(Buffer.from(second))).toBe(false)
    expect(Buffer.from(first).includes('nobody')).toBe(false)
  })
})
