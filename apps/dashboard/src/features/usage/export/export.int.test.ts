import { DAY_MS } from '@atpar/core/durations'
import { createMemberWith, createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { pusd } from '@atpar/core/money'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { buildUsageEvent } from '@atpar/testkit/usage-events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startActWorld, type ActWorld } from '../../../../test/act-world.ts'
import { exportUsageAct } from '../../../acts/usage/export-usage.ts'
import { exportLines } from './lines.ts'
import type { ExportFormat } from './query-string.ts'

const FROM_MS = Date.UTC(2026, 10, 1)
const COUNT = 2_100

let world: ActWorld
let ours: MadeOrganization
let theirs: MadeOrganization

const eventOf = (organization: MadeOrganization, index: number) =>
  buildUsageEvent({
    orgId: organization.orgId,
    memberId: organization.ownerMemberId,
    keyId: organization.ownerMemberId,
    startedAtMs: FROM_MS + index * 1_000,
    tags: index % 2 === 0 ? ['=cmd|calc', 'nightly'] : [],
    billedPusd: pusd(105_000_001n),
    absorbedPusd: pusd(2n),
  })

beforeAll(async () => {
  world = await startActWorld()
  ours = await createOrganizationWith(world.ownerDb, { slug: 'ours' })
  theirs = await createOrganizationWith(world.ownerDb, { slug: 'theirs' })
  const events = Array.from({ length: COUNT }, (_, index) => eventOf(ours, index))
  await ingestUsageEvents(world.pool, { events: events.slice(0, 1_500) })
  await ingestUsageEvents(world.pool, { events: [...events.slice(1_500), eventOf(theirs, 1)] })
}, 60_000)
afterAll(async () => {
  await world.stop()
})

const exported = async (format: ExportFormat, after?: string): Promise<readonly string[]> => {
  const context = await world.actAs(ours.orgId, ours.ownerMemberId)
  let text = ''
  for await (const part of exportLines(context, { format, fromMs: FROM_MS, toMs: FROM_MS + DAY_MS, after }))
    text += part
  return text.split(/\r?\n/).filter((line) => line !== '')
}

it('every call is exported once, across pages, with exact amounts, and nobody else’s', async () => {
  const calls = (await exported('jsonl')).map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(calls).toHaveLength(COUNT)
  expect(new Set(calls.map((call) => call['request_id'])).size).toBe(COUNT)
  expect(calls[0]).toMatchObject({
    billed_usd: '0.000105000001',
    absorbed_usd: '0.000000000002',
    cost_usd: '0.000105000003',
    month_of_use: '2026-11',
    paid_by: 'platform',
  })
})

it('an export that broke off goes on behind the last whole line, without a gap or a repeat', async () => {
  const [head, ...lines] = await exported('csv')
  const place = lines[1_998]?.split(',').at(-1)
  const rest = await exported('csv', place)
  expect([head, ...lines.slice(0, 1_999), ...rest]).toEqual([head, ...lines])
  expect(rest).toHaveLength(COUNT - 1_999)
})

it('a tag that a spreadsheet would run is text in the file', async () => {
  expect((await exported('csv'))[1]).toContain("'=cmd|calc nightly")
})

it('chargeback sums to what was billed, to the pico-dollar; a call with two tags counts at both', async () => {
  const lines = await exported('member')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toMatch(new RegExp(`,${COUNT},0\\.2205000063,0\\.2205000021$`))
  const tags = (await exported('tag')).slice(1).map((line) => line.split(','))
  expect(tags.map(([, , tag, , , requests]) => [tag, requests])).toEqual([
    ["'=cmd|calc", '1050'],
    ['nightly', '1050'],
    ['', '1050'],
  ])
})

it('FOCUS rows sum to what was billed', async () => {
  const [head = '', ...rows] = await exported('focus')
  const column = head.split(',').indexOf('BilledCost')
  expect(column).toBe(0)
  const billed = rows.map((row) => row.split(',')[column] ?? '')
  const total = billed.reduce((sum, text) => {
    const [whole = '0', fraction = ''] = text.split('.')
    return sum + BigInt(whole + fraction.padEnd(12, '0'))
  }, 0n)
  expect(total).toBe(105_000_001n * BigInt(COUNT))
})

it('a developer’s export holds their own calls only, and another member’s are not found', async () => {
  const { memberId } = await createMemberWith(world.ownerDb, ours.orgId, { role: 'developer' })
  const context = await world.actAs(ours.orgId, memberId)
  const ask = { fromMs: FROM_MS, toMs: FROM_MS + DAY_MS, limit: 10 }
  expect(await exportUsageAct(context, ask)).toEqual({ events: [], next: null })
  await expect(exportUsageAct(context, { ...ask, memberId: ours.ownerMemberId })).rejects.toThrow()
  await expect(exportUsageAct(context, { ...ask, after: "x'); DROP TABLE usage_event" })).rejects.toThrow('no cursor')
})
