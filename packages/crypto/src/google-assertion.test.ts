import { generateKeyPairSync, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { signGoogleAssertion } from './google-assertion.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const plan = {
  clientEmail: 'gateway@project.iam.gserviceaccount.com',
  privateKeyId: 'key-1',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  tokenUrl: 'https://oauth2.googleapis.com/token',
  scope: 'https://www.googleapis.com/auth/cloud-platform',
}

test('an assertion names the account, the scope and whom it is for, holds for an hour, and its signature verifies', () => {
  const [head = '', claims = '', signature = ''] = signGoogleAssertion(plan, 1_700_000_000_123).split('.')
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect(read(head)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' })
  expect(read(claims)).toEqual({
    iss: plan.clientEmail,
    scope: plan.scope,
    aud: plan.tokenUrl,
    iat: 1_700_000_000,
    exp: 1_700_003_600,
  })
  expect(verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
    true,
  )
})

test('a key that is none is refused without being repeated', () => {
  expect(() => signGoogleAssertion({ ...plan, privateKey: 'canary' }, 0)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('canary') }),
  )
})
