import { createAtparClient, eachItem, AtparError } from '@atpar/client/client'
import { pusd } from '@atpar/core/money'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { buildUsageEvent } from '@atpar/testkit/usage-events'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { API_ADDRESS, fetchApi, makeManagementKey, type MadeManagementKey } from '../../test/call-api.ts'

// A real database on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

const FROM_MS = Date.UTC(2026, 10, 1)
const COUNT = 25
const NOVEMBER = { from: '2026-11-01', to: '2026-11-30' }

let world: ActWorld
let billing: MadeManagementKey

const eventOf = ({ orgId, ownerMemberId }: MadeOrganization, index: number) =>
  buildUsageEvent({
    orgId,
    memberId: ownerMemberId,
    keyId: ownerMemberId,
    startedAtMs: FROM_MS + index * 1_000,
    tags: index % 2 === 0 ? ['nightly', 'env:prod'] : [],
    billedPusd: pusd(105_000_001n),
  })

beforeAll(async () => {
  world = await startActWorld()
  const ours = await createOrganizationWith(world.ownerDb, { slug: 'ours' })
  const theirs = await createOrganizationWith(world.ownerDb, { slug: 'theirs' })
  const events = Array.from({ length: COUNT }, (_, index) => eventOf(ours, index))
  await ingestUsageEvents(world.pool, { events: [...events, eventOf(theirs, 1)] })
  billing = await makeManagementKey(world, { orgId: ours.orgId, memberId: ours.ownerMemberId, role: 'billing' })
}, 60_000)
afterAll(() => world.stop())

const collect = async <Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> => {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

test('the client exports every call once, page by page, oldest first and to the pico-dollar', async () => {
  const events = await collect(
    eachItem((cursor) => billing.client.exportUsage({ query: { ...NOVEMBER, limit: 10, cursor } })),
  )
  expect(events).toHaveLength(COUNT)
  expect(new Set(events.map((event) => event.request_id)).size).toBe(COUNT)
  expect(events.map((event) => event.started_at)).toEqual(events.map((event) => event.started_at).toSorted())
  expect(events[0]).toMatchObject({ billed_usd: '0.000105000001', billed_pusd: '105000001', tags: 'nightly env:prod' })
})

test('an export goes on behind any event, by the cursor that the event carries', async () => {
  const { data } = await billing.client.exportUsage({ query: { ...NOVEMBER, limit: 7 } })
  const rest = await billing.client.exportUsage({ query: { ...NOVEMBER, cursor: data[4]?.cursor ?? '' } })
  expect(rest.data).toHaveLength(COUNT - 5)
  expect(rest.data[0]?.request_id).toBe(data[5]?.request_id)
})

test('costs by member and by tag are those of the events; a call with two tags counts at both', async () => {
  const costsBy = (by: 'member' | 'tag') =>
    collect(eachItem((cursor) => billing.client.readCosts({ query: { ...NOVEMBER, by, limit: 2, cursor } })))
  expect(await costsBy('member')).toMatchObject([{ month: '2026-11', requests: COUNT, billed_pusd: '2625000025' }])
  expect((await costsBy('tag')).map(({ group, requests }) => [group, requests])).toEqual([
    ['env:prod', 13],
    ['nightly', 13],
    [null, 12],
  ])
})

test('a day in the columns of FOCUS sums to what was billed', async () => {
  const rows = await collect(
    eachItem((cursor) => billing.client.exportFocus({ query: { day: NOVEMBER.from, cursor } })),
  )
  expect(rows.map((row) => row.BilledCost)).toEqual(['0.002625000025'])
})

test.each([
  ['/usage/events?from=2026-11-01&to=2026-11-02&cursor=x', 'cursor'],
  ['/usage/events?from=2026-11-02&to=2026-11-01', 'to'],
  ['/usage/costs?from=2026-11-01&to=2026-11-02', 'by'],
  ['/usage/costs?from=2025-01-01&to=2026-11-02&by=team', 'to'],
  ['/usage/focus?day=2026-11-31', 'day'],
])('%s names %s', async (path, param) => {
  const answer = await fetchApi(`${API_ADDRESS}/api/v1${path}`, {
    headers: { authorization: `Bearer ${billing.text}` },
  })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ error: { code: 'invalid_request', param } })
})

test('a stranger without a key exports nothing', async () => {
  const stranger = createAtparClient({ baseUrl: API_ADDRESS, managementKey: 'atpar_manage_none', fetch: fetchApi })
  await expect(stranger.exportUsage({ query: NOVEMBER })).rejects.toThrow(AtparError)
})
