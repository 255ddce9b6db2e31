import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
beforeAll(async () => {
  simulators = await startSimulators({ instanceId: 'abc' })
})
afterAll(() => simulators.close())
beforeEach(() => {
  simulators.books.clear()
  simulators.faults.clear()
})

const call = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(simulators.url + path, {
    method,
    headers: { authorization: 'Bearer key' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as unknown }
}
const chat = (content: string, extra: object = {}) =>
  call('POST', '/custom/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content }], ...extra })

test('its health names the service and the instance', async () => {
  expect(await call('GET', '/healthz')).toEqual({
    status: 200,
    body: { ok: true, service: 'simulators', instance: 'abc' },
  })
})

test('books are read from a time on and emptied over HTTP', async () => {
  await chat('one')
  const { body } = await call('GET', '/sim/books')
  expect(body).toMatchObject({ entries: [{ provider: 'custom', ending: 'complete' }], dropped: 0 })
  expect(await call('GET', '/sim/books?since=2999-01-01T00:00:00Z')).toMatchObject({ body: { entries: [] } })
  expect(await call('GET', '/sim/books?since=yesterday')).toMatchObject({ status: 400 })
  await call('DELETE', '/sim/books')
  expect(await call('GET', '/sim/books')).toMatchObject({ body: { entries: [] } })
})

test('faults are set, listed and removed over HTTP', async () => {
  const added = await call('POST', '/sim/faults', { provider: 'custom', kind: 'status_503' })
  expect(await chat('Hi')).toMatchObject({ status: 503 })
  expect(await call('GET', '/sim/faults')).toMatchObject({ body: { faults: [{ provider: 'custom' }] } })
  const { id } = added.body as { id: number }
  await call('DELETE', `/sim/faults/${id}`)
  expect(await chat('Hi')).toMatchObject({ status: 200 })
  expect(await call('POST', '/sim/faults', { kind: 'explode' })).toMatchObject({ status: 400 })
})

test('a directive nobody can read is refused, not ignored', async () => {
  expect(await chat('[[sim:{"sttaus":500}]]')).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('sttaus') } },
  })
})

test('the same bytes get the same answer, each with its own id and its own entry', async () => {
  const [first, second] = [await chat('Hi'), await chat('Hi')]
  const bare = ({ body }: typeof first) => ({ ...(body as object), id: '', created: 0 })
  expect(bare(second)).toEqual(bare(first))
  const ids = simulators.books.entries().map((entry) => entry.providerRequestId)
  expect(new Set(ids).size).toBe(2)
})

test('a path the provider does not have is 404 in its own format', async () => {
  expect(await call('POST', '/openai/v1/nothing', {})).toMatchObject({
    status: 404,
    body: { error: { type: 'invalid_request_error' } },
  })
  expect(await call('POST', '/anthropic/v1/nothing', {})).toMatchObject({ status: 404, body: { type: 'error' } })
  expect(await call('POST', '/gemini/v1beta/nothing', {})).toMatchObject({
    status: 404,
    body: { error: { status: 'NOT_FOUND' } },
  })
})

test('an entry is open while its answer is on its way, and closes as aborted when the simulators stop', async () => {
  const other = await startSimulators()
  const pending = fetch(`${other.url}/custom/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer key' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: '[[sim:{"first_ms":60000}]]' }] }),
  }).catch(() => 'cut')
  await expect.poll(() => other.books.entries()[0]?.ending).toBe('open')
  await other.close()
  expect(await pending).toBe('cut')
  expect(other.books.entries()).toMatchObject([{ ending: 'client_aborted', billable: true, usage: { output_text: 0 } }])
})

test('a port that is taken is an error, not a silence', async () => {
  await expect(startSimulators({ port: simulators.port })).rejects.toThrow(/EADDRINUSE/)
})

test('the first page leads to mail and books', async () => {
  const page = await (await fetch(simulators.url)).text()
  expect(page).toContain('href="/mail"')
  expect(page).toContain('href="/sim/books"')
})
