import { createPrivateKey, createPublicKey } from 'node:crypto'

/** RFC 8410: what DER puts before the 32 bytes of an X25519 private key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

/**
 * The half that only seals, made from the first of the private keys: the one that is sealed for today. The launcher runs before packages/crypto
 * can be loaded, so it has these lines of its own; a test holds the two together.
 * @param {string} privateKeys one or more of 64 hexadecimal digits, separated by commas
 */
export function sealingPublicKey(privateKeys) {
  const [first = ''] = privateKeys.split(',')
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, Buffer.from(first.trim(), 'hex')]),
    format: 'der',
    type: 'pkcs8',
  })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return Buffer.from(x, 'base64url').toString('hex')
}
