import { afterAll, beforeAll, expect, it } from 'vitest'
import type { MatrixSystem } from '../matrix/matrix-system.ts'
import { INTERNAL_TOKEN } from '../secrets.ts'
import { createTenant } from '../tenant.ts'
import { inOrganization } from '../own-credential.ts'
import { collectHaystacks } from './haystacks.ts'
import { findNeedles, needleOf } from './needles.ts'
import { waitUntilSettled } from '../settled.ts'
import { playCanary, startCanarySystem } from './play-canary.ts'

let stage: MatrixSystem
beforeAll(async () => {
  stage = await startCanarySystem()
}, 90_000)
afterAll(() => stage.stop())

it('what callers say, what they are told and every key are in no log, error, trace, URL, file, Redis or Postgres', async () => {
  const { calls, places, leaks } = await playCanary(stage)
  expect(leaks).toEqual([])
  expect(calls).toBeGreaterThan(100)
  expect(places).toBeGreaterThan(100)
  expect((await collectHaystacks(stage)).find(({ place }) => place === 'table kept_content')?.text).toBe('')
}, 120_000)

it('where an organization keeps content, it is in one table, sealed, and in nothing else that stays behind', async () => {
  const { owner } = stage.system
  const tenant = await createTenant(owner, { name: 'keeping' })
  await inOrganization(owner, tenant.orgId, (client) =>
    client.query('INSERT INTO content_policy (org_id, holder_id, days) VALUES ($1, $1, 7)', [tenant.orgId]),
  )
  const prompt = `CANARYkept${'q7'.repeat(12)}`
  const ids: string[] = []
  for (const [path, body] of [
    ['/v1/chat/completions', { messages: [{ role: 'user', content: `${prompt} [[sim:{"tokens":5}]]` }], stream: true }],
    ['/v1/responses', { input: `${prompt} [[sim:{"tokens":5}]]` }],
    ['/v1/chat/completions', { messages: [{ role: 'user', content: `${prompt} [[sim:{"status":400}]]` }] }],
  ] as const) {
    const answer = await fetch(stage.proxyUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body: JSON.stringify({ model: 'openai/gpt-5-mini', ...body }),
    })
    await answer.text()
    ids.push(answer.headers.get('x-request-id') ?? '')
  }
  const read = async (): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await fetch(`${stage.proxyUrl}/internal/contents/read`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${INTERNAL_TOKEN}` },
      body: JSON.stringify({ orgId: tenant.orgId, requestIds: ids }),
    })
    return ((await answer.json()) as { contents: Readonly<Record<string, unknown>> }).contents
  }
  await expect.poll(async () => Object.keys(await read()).length, { timeout: 30_000 }).toBe(ids.length)
  for (const id of ids) expect(JSON.stringify((await read())[id])).toContain(prompt)
  await waitUntilSettled(stage.system)
  const needles = [needleOf('the prompt', prompt)]
  expect(
    (await collectHaystacks(stage)).flatMap(({ place, text }) =>
      findNeedles(text, needles).length > 0 ? [place] : [],
    ),
  ).toEqual([])
}, 120_000)

it('looked where there is something to find: what may be known is there', async () => {
  const haystacks = await collectHaystacks(stage)
  const holds = (place: RegExp, text: string): boolean =>
    haystacks.some((haystack) => place.test(haystack.place) && haystack.text.includes(text))
  expect(holds(/^table usage_event$/, 'gpt-5-mini')).toBe(true)
  expect(holds(/^journal/, 'gpt-5-mini')).toBe(true)
  expect(holds(/^Redis/, 'SELECT')).toBe(true)
  expect(holds(/^log of proxy/, '{')).toBe(true)
  expect(holds(/^URLs/, '/openai/v1/chat/completions')).toBe(true)
})
