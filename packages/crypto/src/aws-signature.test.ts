import { describe, expect, test } from 'vitest'
import { createAwsSigner, deriveAwsKey } from './aws-signature.ts'

/** AWS's published test suite: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (aws-sig-v4-test-suite). */
const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
}
const SCOPE = { region: 'us-east-1', service: 'service' }
const AT_MS = Date.UTC(2015, 7, 30, 12, 36, 0)
const request = { method: 'GET', host: 'example.amazonaws.com', path: '/', body: '' }

const signatureOf = (headers: Readonly<Record<string, string>>): string =>
  /Signature=([0-9a-f]{64})$/.exec(headers['authorization'] ?? '')?.[1] ?? ''

test('a body in pieces is signed as the whole', () => {
  const sign = createAwsSigner(CREDENTIALS, SCOPE)
  const bytes = new TextEncoder().encode('{"model":"a"}')
  const pieces = [bytes.subarray(0, 4), bytes.subarray(4, 5), bytes.subarray(5)]
  expect(sign({ ...request, body: pieces }, AT_MS)).toEqual(sign({ ...request, body: '{"model":"a"}' }, AT_MS))
})

describe('a signature is that of AWS’s test suite for', () => {
  test.each([
    ['get-vanilla', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      { path: '/?Param2=value2&Param1=value1' },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-vanilla-query',
      { method: 'POST', path: '/?Param1=value1' },
      '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
    ],
    [
      'post-x-www-form-urlencoded',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'Param1=value1',
      },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('%s', (_name, changes, signature) => {
    expect(signatureOf(createAwsSigner(CREDENTIALS, SCOPE)({ ...request, ...changes }, AT_MS))).toBe(signature)
  })

  test('the derived key of the documentation', () => {
    expect(
      deriveAwsKey(CREDENTIALS.secretAccessKey, '20120215', { region: 'us-east-1', service: 'iam' }).toString('hex'),
    ).toBe('f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d')
  })
})

test('says who signed, where it counts and what was signed', () => {
  expect(createAwsSigner(CREDENTIALS, SCOPE)(request, AT_MS)).toEqual({
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  })
})

test('a token of temporary credentials goes with it and is signed', () => {
  const headers = createAwsSigner({ ...CREDENTIALS, sessionToken: 'AQoDYXdz' }, SCOPE)(request, AT_MS)
  expect(headers['x-amz-security-token']).toBe('AQoDYXdz')
  expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,')
})

test('a signer that lives over midnight signs with the key of each day', () => {
  const signer = createAwsSigner(CREDENTIALS, SCOPE)
  const nextDayMs = AT_MS + 86_400_000
  for (const atMs of [AT_MS, nextDayMs, AT_MS, nextDayMs])
    expect(signer(request, atMs)).toEqual(createAwsSigner(CREDENTIALS, SCOPE)(request, atMs))
  expect(signatureOf(signer(request, AT_MS))).not.toBe(signatureOf(signer(request, nextDayMs)))
})

test('a secret is nowhere in the headers', () => {
  expect(JSON.stringify(createAwsSigner(CREDENTIALS, SCOPE)(request, AT_MS))).not.toContain('wJalr')
})
