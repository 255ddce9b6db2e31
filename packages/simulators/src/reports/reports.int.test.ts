import { afterAll, beforeAll, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
beforeAll(async () => {
  simulators = await startSimulators()
  await fetch(`${simulators.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-any', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello [[sim:{"tokens":7}]]' }] }),
  })
})
afterAll(() => simulators.close())

const ask = async (path: string, headers: Record<string, string>) => {
  const response = await fetch(`${simulators.url}${path}`, { headers })
  return {
    status: response.status,
    body: (await response.json()) as { data: { results: Record<string, unknown>[] }[] },
  }
}
const since = Math.floor(Date.now() / 86_400_000) * 86_400
const admin = { authorization: 'Bearer sk-admin-test' }

test('the usage report says what the books say', async () => {
  const [entry] = simulators.books.entries()
  const { body } = await ask(`/openai/v1/organization/usage/completions?start_time=${since}&bucket_width=1d`, admin)
  expect(body.data.at(-1)?.results).toMatchObject([
    { model: 'gpt-4o-mini', input_tokens: entry?.usage.input_uncached, output_tokens: 7, num_model_requests: 1 },
  ])
})

test('the cost report prices them, and a key that is not an admin’s sees nothing', async () => {
  const { body } = await ask(`/openai/v1/organization/costs?start_time=${since}`, admin)
  const output = body.data.at(-1)?.results.find((result) => result['line_item'] === 'gpt-4o-mini, output')
  expect(output?.['amount']).toEqual({ value: 0.0000042, currency: 'usd' })
  expect(
    (await ask(`/openai/v1/organization/costs?start_time=${since}`, { authorization: 'Bearer sk-any' })).status,
  ).toBe(401)
})

test('another provider’s report holds none of it', async () => {
  const { body } = await ask(
    `/anthropic/v1/organizations/usage_report/messages?starting_at=${new Date(since * 1000).toISOString()}`,
    { 'x-api-key': 'sk-ant-admin-test' },
  )
  expect(body.data.flatMap((day) => day.results)).toEqual([])
})
