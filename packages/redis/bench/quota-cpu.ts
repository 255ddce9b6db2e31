import { nanoUsd } from '@atpar/core/money'
import { createQuota } from '../src/quota.ts'
import type { Quota, ReserveInput } from '../src/quota-contract.ts'
import { budgetCounter, createTruth, rateLimit, reserveInput, silentLog } from '../src/quota-fixtures.ts'

/**
 * CPU of this process per reserve + settle, four budgets and two rate limits, at a number of requests in flight.
 * `node bench/quota-cpu.ts redis://127.0.0.1:6379 [requests] [in flight] [organizations] [on|off: leases]`
 */
const [
  url = 'redis://127.0.0.1:6379',
  requestsText = '60000',
  inFlightText = '64',
  organizationsText = '1',
  leasesText = 'on',
] = process.argv.slice(2)
const inFlight = Number(inFlightText)
const organizations = Number(organizationsText)
const truth = createTruth()
const holder: { quota: Quota | null } = { quota: null }
const quota = createQuota({
  url,
  // A boot never lives twice: its leases are known by it.
  bootId: `boot-${process.pid}`,
  clock: { nowMs: Date.now },
  commandTimeoutMs: 1_000,
  areLeasesOff: leasesText === 'off',
  rebuild: truth.sources('boot-1', () => holder.quota?.openHolds('org-1') ?? []),
  log: silentLog,
})
holder.quota = quota
await quota.whenReady(5_000)

const counters = ['key', 'member', 'team', 'organization'].map((budgetId) =>
  budgetCounter({ budgetId, limit: nanoUsd(9_000_000_000_000_000n) }),
)
const rates = [
  rateLimit({ id: 'a', requestsPerMinute: 60_000_000, tokensPerMinute: 6_000_000_000 }),
  // Places among concurrent requests are never leased.
  leasesText === 'off'
    ? rateLimit({ id: 'b', concurrency: 10_000 })
    : rateLimit({ id: 'b', requestsPerMinute: 60_000_000 }),
]
const payload = JSON.stringify({ text: 'x'.repeat(600) })
const eventText = JSON.stringify({ text: 'x'.repeat(1_200) })
let next = 0
const run = `run-${Date.now()}`
const one = async (): Promise<void> => {
  next += 1
  const input: ReserveInput = reserveInput({
    orgId: `org-${next % organizations}`,
    holdId: `${run}-${next}:1`,
    counters,
    rates,
    tokens: 500,
    payload,
  })
  const result = await quota.reserve(input)
  if (result.kind !== 'held')
    throw new Error(
      `not held: ${JSON.stringify(result, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`,
    )
  quota.settle({ orgId: input.orgId, holdId: input.holdId, used: nanoUsd(500_000n), tokens: 400, eventText })
}
const pass = async (requests: number): Promise<number> => {
  let left = requests
  const before = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left > 0) {
        left -= 1
        await one()
      }
    }),
  )
  const settled = performance.now() + 10_000
  while (quota.pending() > 0 && performance.now() < settled) await new Promise((resolve) => setTimeout(resolve, 5))
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - startedAt) / 1_000
  process.stdout.write(
    `${requests} requests, ${inFlight} in flight, ${organizations} organizations, leases ${leasesText}: ${((user + system) / requests).toFixed(1)} µs CPU each, ${Math.round(requests / seconds)}/s, ${quota.stats().roundTrips} round trips\n`,
  )
  return (user + system) / requests
}
await pass(Number(requestsText) / 4)
await pass(Number(requestsText))
await quota.close()
