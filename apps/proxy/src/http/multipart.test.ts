import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createFormBody } from './form-body.ts'
import { readForm, type FormLimits, type SpooledForm } from './multipart.ts'

const LIMITS: FormLimits = { bodyBytes: 1_000_000, fileBytes: 500_000, files: 2, fields: 4, fieldBytes: 1_000 }

type Read = (request: IncomingMessage) => Promise<unknown>
let handle: Read = () => Promise.resolve(null)
const server = createServer((request, response) => {
  handle(request).then(
    (value) => response.end(JSON.stringify(value ?? null)),
    (error: unknown) => {
      request.resume()
      response.end(JSON.stringify({ code: Reflect.get(Object(error), 'code'), message: String(error) }))
    },
  )
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => server.close(resolve)))

const send = (body: Uint8Array | FormData, contentType?: string): Promise<unknown> =>
  fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    method: 'POST',
    body: body instanceof FormData ? body : Buffer.from(body),
    ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
  }).then((response) => response.json())

const collect = async (parts: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

const reading = async (use: (form: SpooledForm) => unknown, limits = LIMITS): Promise<void> => {
  handle = async (request) => {
    const form = await readForm(request, limits)
    try {
      return await use(form)
    } finally {
      await form.discard()
    }
  }
}

const formOf = (file: Uint8Array, fields: Readonly<Record<string, string>>): FormData => {
  const form = new FormData()
  form.append('file', new File([Buffer.from(file)], 'a "quoted"\r\nname.wav', { type: 'audio/wav' }))
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}

it('reads a form whose model stands behind its file, and writes one with the same bytes', async () => {
  const file = randomBytes(300_000)
  let sent: Buffer = Buffer.alloc(0)
  let again: Buffer = Buffer.alloc(0)
  let contentType = ''
  await reading(async (form) => {
    const body = createFormBody(form)
    contentType = body.contentType
    sent = await collect(body.stream())
    again = await collect(body.stream())
    expect(sent.length).toBe(body.contentLength)
    return null
  })
  await send(formOf(file, { model: 'whisper-1', prompt: 'Straße\r\n--x--' }))
  expect(again.equals(sent)).toBe(true)
  let second: unknown = null
  await reading(async (form) => {
    second = form.fields
    expect((await collect(form.files[0]?.content.read() ?? emptyStream())).equals(file)).toBe(true)
    expect(form.files[0]).toMatchObject({ name: 'file', contentType: 'audio/wav' })
    return null
  })
  expect(await send(sent, contentType)).toBeNull()
  expect(second).toEqual([
    { name: 'model', value: 'whisper-1' },
    { name: 'prompt', value: 'Straße\r\n--x--' },
  ])
})

const emptyStream = async function* (): AsyncGenerator<Uint8Array> {}

it.each<[string, FormData, string]>([
  ['a file', formOf(randomBytes(500_001), {}), 'The file "file" is larger than 500000 bytes'],
  ['a field', formOf(randomBytes(1), { prompt: 'x'.repeat(1_001) }), 'The field "prompt"'],
  ['the count of fields', formOf(randomBytes(1), { a: '', b: '', c: '', d: '', e: '' }), '4 fields'],
  ['the whole', formOf(randomBytes(1_100_000), {}), '1000000 bytes'],
])('refuses a form when %s is too large, naming it', async (_what, form, words) => {
  await reading(() => 'read')
  expect(await send(form)).toMatchObject({ code: 'body_too_large', message: expect.stringContaining(words) })
})

it('refuses more files than allowed', async () => {
  const form = new FormData()
  for (const name of ['a', 'b', 'c']) form.append('image[]', new File(['x'], name))
  await reading(() => 'read')
  expect(await send(form)).toMatchObject({ code: 'body_too_large', message: expect.stringContaining('2 files') })
})

it.each([
  ['no boundary', 'multipart/form-data', 'x'],
  ['no form at all', 'application/json', '{}'],
  ['an end in the middle of its file', 'multipart/form-data; boundary=b', halfOf('b')],
  ['no end', 'multipart/form-data; boundary=b', '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nx'],
  [
    'a part without a name',
    'multipart/form-data; boundary=b',
    '--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--\r\n',
  ],
])('refuses a form with %s', async (_what, contentType, body) => {
  await reading(() => 'read')
  expect(await send(Buffer.from(body), contentType)).toMatchObject({ code: 'invalid_request' })
})

function halfOf(boundary: string): string {
  return `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n${'x'.repeat(5_000)}`
}

it('keeps nothing under a name on disk, not even while the request runs', async () => {
  const namesOf = async (): Promise<readonly string[]> =>
    (await readdir(tmpdir())).filter((name) => /^atpar-[0-9a-f]{8}-/.test(name))
  const before = await namesOf()
  let during: readonly string[] = ['?']
  await reading(async () => {
    during = await namesOf()
    return null
  })
  await send(formOf(randomBytes(10_000), {}))
  expect(during.filter((name) => !before.includes(name))).toEqual([])
})

it('ends when the caller leaves in the middle', async () => {
  const ended = new Promise((resolve) => {
    handle = async (request) => {
      const result = await readForm(request, LIMITS).catch((error: unknown) => error)
      resolve(result)
      return null
    }
  })
  const caller = httpRequest({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': '100000' },
  })
  caller.on('error', () => {})
  caller.write(halfOf('b'), () => caller.destroy())
  expect(await ended).toMatchObject({ code: 'invalid_request' })
})

/** A form that comes a byte now and then, on a clock of its own. */
const drip = async (parts: readonly string[], pauseMs: number): Promise<unknown> => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const request = Object.assign(new PassThrough(), { headers: { 'content-type': 'multipart/form-data; boundary=b' } })
    const reading = readForm(request, LIMITS).then(
      async (form) => {
        await form.discard()
        return form.fields
      },
      (error: unknown) => error,
    )
    for (const part of parts) {
      request.write(part)
      // Until it is taken in.
      do await new Promise(setImmediate)
      while (request.readableLength > 0)
      await vi.advanceTimersByTimeAsync(pauseMs)
    }
    request.end()
    return await reading
  } finally {
    vi.useRealTimers()
  }
}

const SLOW = ['--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n', 'x', 'y', 'z', '\r\n--b--\r\n']

it('waits for a form as long as it goes on, however slowly', async () => {
  expect(await drip(SLOW, 29_000)).toEqual([{ name: 'a', value: 'xyz' }])
})

it('gives up a form that does not go on', async () => {
  expect(await drip(SLOW, 31_000)).toMatchObject({ code: 'request_timeout' })
})
