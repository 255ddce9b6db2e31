import { expect, it } from 'vitest'
import { openContent, sealContent } from './content-seal.ts'
import { parseSealingPrivateKeys } from './sealing.ts'

const OLD = '11'.repeat(32)
const NEW = '22'.repeat(32)
const place = { orgId: 'org-1', requestId: 'request-1' }
const words = Buffer.from('a prompt nobody else may read')

it('opens for its request, and shows nothing of what it holds', () => {
  const keys = parseSealingPrivateKeys(OLD)
  const sealed = sealContent(keys, place, words)
  expect(Buffer.from(openContent(keys, place, sealed))).toEqual(words)
  expect(Buffer.from(sealed.bytes).toString('latin1')).not.toContain('prompt')
})

it('opens for no other organization, no other request and no other key, and not when a bit was changed', () => {
  const keys = parseSealingPrivateKeys(OLD)
  const sealed = sealContent(keys, place, words)
  expect(() => openContent(keys, { ...place, orgId: 'org-2' }, sealed)).toThrow('not sealed for this request')
  expect(() => openContent(keys, { ...place, requestId: 'request-2' }, sealed)).toThrow('not sealed for this request')
  const bytes = Buffer.from(sealed.bytes)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  expect(() => openContent(keys, place, { ...sealed, bytes })).toThrow('changed since')
  expect(() => openContent(parseSealingPrivateKeys(NEW), place, sealed)).toThrow('not held here')
})

it('goes on opening after the key was replaced, while the old one is still held', () => {
  const before = sealContent(parseSealingPrivateKeys(OLD), place, words)
  const keys = parseSealingPrivateKeys(`${NEW},${OLD}`)
  expect(Buffer.from(openContent(keys, place, before))).toEqual(words)
  expect(sealContent(keys, place, words).keyId).not.toBe(before.keyId)
})
