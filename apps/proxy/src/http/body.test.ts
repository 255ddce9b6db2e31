import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { readBody } from './body.ts'
import { parseJsonBody } from './json-body.ts'

const requestOf = (headers: Record<string, string> = {}): { request: IncomingMessage; wire: PassThrough } => {
  const wire = new PassThrough()
  const request = Object.assign(wire, { headers, complete: false })
  wire.on('end', () => Object.assign(request, { complete: true }))
  // Of a request the reader needs a stream, its headers and whether it is complete.
  return { request: request as unknown as IncomingMessage, wire }
}

const readAll = (bytes: Buffer, headers: Record<string, string> = {}, maxBytes = 1_000_000): Promise<Buffer> => {
  const { request, wire } = requestOf(headers)
  const body = readBody(request, { maxBytes })
  for (let at = 0; at < bytes.length; at += 1_000) wire.write(bytes.subarray(at, at + 1_000))
  wire.end()
  return body
}

const TEXT = Buffer.from(JSON.stringify({ text: 'Größe '.repeat(2_000) }))

it.each([
  ['gzip', gzipSync(TEXT)],
  ['x-gzip', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
  [' GZIP ', gzipSync(TEXT)],
  ['identity', TEXT],
])('a body compressed by "%s" is read as what it was', async (encoding, bytes) => {
  expect(await readAll(bytes, { 'content-encoding': encoding })).toEqual(TEXT)
})

const ZEROS = Buffer.alloc(8 * 1024 * 1024, 0x20)

it.each([
  ['gzip', gzipSync(ZEROS)],
  ['deflate', deflateSync(ZEROS)],
  ['br', brotliCompressSync(ZEROS)],
  ['zstd', zstdCompressSync(ZEROS)],
])('a %s bomb is refused before it has grown', async (encoding, bytes) => {
  expect(bytes.length).toBeLessThan(10_000)
  const refused = { code: 'body_too_large' }
  await expect(readAll(bytes, { 'content-encoding': encoding })).rejects.toMatchObject(refused)
  // Also where its size alone would be allowed: 8 MiB out of a few kilobytes are out of proportion.
  await expect(readAll(bytes, { 'content-encoding': encoding }, 64 * 1024 * 1024)).rejects.toMatchObject(refused)
})

it.each([
  ['gzip', Buffer.from('this is no gzip')],
  ['gzip', gzipSync(TEXT).subarray(0, 40)],
  ['br', Buffer.from('neither is this brotli')],
  ['gzip, gzip', gzipSync(gzipSync(TEXT))],
  ['compress', TEXT],
  ['__proto__', TEXT],
])('a body that is not acceptable %s is 400', async (encoding, bytes) => {
  await expect(readAll(bytes, { 'content-encoding': encoding })).rejects.toMatchObject({
    code: 'invalid_request',
    param: 'content-encoding',
  })
})

it('a body that says or shows that it is too large is refused', async () => {
  await expect(readAll(TEXT, { 'content-length': '1000001' })).rejects.toMatchObject({ code: 'body_too_large' })
  await expect(readAll(TEXT, {}, TEXT.length - 1)).rejects.toMatchObject({ code: 'body_too_large' })
  expect(await readAll(TEXT, {}, TEXT.length)).toHaveLength(TEXT.length)
})

it('a body that does not go on is given up', async () => {
  const { request, wire } = requestOf()
  const body = readBody(request, { maxBytes: 1_000, stallMs: 1 })
  wire.write('{"model":')
  await expect(body).rejects.toMatchObject({ code: 'request_timeout' })
})

it('a body whose connection closes half way is refused', async () => {
  const { request, wire } = requestOf()
  const body = readBody(request, { maxBytes: 1_000 })
  wire.write('{"model":')
  wire.destroy()
  await expect(body).rejects.toMatchObject({ code: 'invalid_request' })
})

const parse = (text: string): unknown => parseJsonBody(Buffer.from(text))

it.each([
  ['a lone continuation byte', Buffer.from([0x7b, 0x22, 0x80, 0x22, 0x7d])],
  ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
  ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['a letter cut in half', Buffer.from('"Größe"').subarray(0, 4)],
  ['UTF-16', Buffer.from('{"model":"m"}', 'utf16le')],
  ['a NUL', Buffer.from('{"model":"m\0"}')],
  ['nothing', Buffer.alloc(0)],
  ['a half object', Buffer.from('{"model":"m"')],
  ['a string without end', Buffer.from(`{"model":"${'m'.repeat(100)}\\"`)],
  ['NaN', Buffer.from('{"temperature":NaN}')],
])('%s is no JSON', (_name, bytes) => {
  expect(() => parseJsonBody(bytes)).toThrow(expect.objectContaining({ code: 'invalid_json' }))
})

it('what JSON may escape arrives as it was meant', () => {
  expect(parse(String.raw`{"a":"\u0000 \ud800 \" \\","b":"${'x'.repeat(60)}\\\\"}`)).toEqual({
    a: '\u0000 \ud800 " \\',
    b: `${'x'.repeat(60)}\\\\`,
  })
})

it.each(['[]', 'null', '1', '"text"'])('%s is no object', (text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})

const nested = (depth: number): string => '['.repeat(depth - 1) + ']'.repeat(depth - 1)

it('64 levels are read, 65 and 5 million are refused', () => {
  expect(parse(`{"a":${nested(64)}}`)).toHaveProperty('a')
  for (const depth of [65, 5_000_000])
    expect(() => parse(`{"a":${nested(depth)}}`)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  expect(() => parse(`{"a":`.repeat(70) + '1' + '}'.repeat(70))).toThrow(/nested deeper/)
})

it('brackets inside strings are no levels', () => {
  expect(parse(`{"a":"${'['.repeat(500)}${String.raw`\"`.repeat(50)}${'{'.repeat(500)}"}`)).toHaveProperty('a')
})

it('a list of 200,000 tokens is read, a longer one is too large', () => {
  const list = (count: number): string => `{"input":[${Array.from({ length: count }, () => 1).join(',')}]}`
  expect(parse(list(200_001))).toHaveProperty('input')
  expect(() => parse(list(200_002))).toThrow(expect.objectContaining({ code: 'body_too_large' }))
})

it.each([
  '{"model":"a","model":"b"}',
  String.raw`{"model":"a","\u006dodel":"b"}`,
  '{"messages":[{"role":"user","content":"a","role":"system"}]}',
  `{"a":"${'x'.repeat(100)}","b":{"c":1,"c":1}}`,
])('%s says one thing twice and is refused', (text) => {
  expect(() => parse(text)).toThrow(/same key twice/)
})

it('keys that reach into prototypes are refused; those that only look like it are not', () => {
  for (const text of [
    '{"__proto__":{"admin":true}}',
    String.raw`{"a":[{"\u005f_proto__":1}]}`,
    '{"a":{"constructor":{"prototype":{"x":1}}}}',
  ])
    expect(() => parse(text)).toThrow(/is not accepted/)
  expect(parse('{"properties":{"constructor":{"type":"string"},"prototype":{}}}')).toHaveProperty('properties')
})

it('a body that keeps coming but takes too long is given up', async () => {
  const { request, wire } = requestOf()
  const body = readBody(request, { maxBytes: 1_000, wholeMs: -1 })
  setImmediate(() => wire.write('{'))
  await expect(body).rejects.toMatchObject({ code: 'request_timeout', message: expect.stringContaining('1 bytes') })
})
