import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReportedLease } from './lease-holder.ts'
import { REBUILD_CHANNEL, type QuotaChannel } from './quota-channel.ts'
import type { QuotaLog, RebuildSources, ReserveInput } from './quota-contract.ts'
import { countedOf, counterKey, epochKey, keyPrefix, rebuildNonceKey, reportsKey } from './quota-keys.ts'
import { writeCounterStart } from './quota-operations.ts'
import { REBUILD_SCRIPT, runScript } from './quota-script.ts'
import type { QuotaTransport } from './quota-transport.ts'
import { planRebuild } from './rebuild-plan.ts'
import { decodeBootReport, encodeBootReport, toBootReport, type BootReport } from './rebuild-report.ts'
import { takeSurvey, type Survey } from './survey.ts'

/**
 * Makes an organization's counters again after Redis lost them, or may have: exactly, from Postgres and from what every live boot still
 * holds open. The interleavings are argued in .github/decisions/0002-quota-rebuild.md; the rules that carry them:
 *
 * - Nothing moves between the loss and the new epoch: every script call in between answers REBUILD.
 * - A boot builds its report in one synchronous step, and disowns every call that is under way at that moment (`markStale`).
 * - What a boot had settled when it reported is in Postgres before the sum is read (`waitShipped`); what it reported open is left out of the
 *   sum and added by its own settle. So each request counts once, whenever its settle happens to arrive.
 * - The result is written and its epoch published in one script, and only while this rebuild is still the latest one.
 */
export interface Rebuilder {
  /** Rebuilds, or waits for the process that does. False when that did not succeed within `waitMs`. */
  ensure(orgId: string, waitMs: number): Promise<boolean>
  close(): Promise<void>
}

export interface RebuilderDeps {
  readonly transport: QuotaTransport
  readonly rebuild: RebuildSources
  readonly log: QuotaLog
  readonly bootId: string
  readonly channel: QuotaChannel
  readonly ratesOf: (holdId: string) => Pick<ReserveInput, 'rates' | 'tokens'> | undefined
  /** Stops them first: what they admitted afterwards would be in the sum and in no report. */
  readonly reportLeases: (orgId: string) => readonly ReportedLease[]
  readonly leaseFloor: (orgId: string) => number
  /** A boot that does not answer may go on this long on what it leased. */
  readonly leaseTtlMs: number
  readonly silentBootMs?: number
}

const NONCE_TTL_MS = 60_000
const ASK_AGAIN_MS = 250
const POLL_MS = 5
const SHIPPED_TIMEOUT_MS = 10_000
const RUN_LIMIT_MS = 30_000
const RETRY_AFTER_FAILURE_MS = 250
/** Long enough for a shipper on a busy machine: what a boot left open that is given up before is in no sum and in no hold. */
const DEFAULT_SILENT_BOOT_MS = 15_000

export const createRebuilder = (deps: RebuilderDeps): Rebuilder => {
  const { transport, rebuild: sources, log } = deps
  const { redis } = transport
  const silentBootMs = deps.silentBootMs ?? DEFAULT_SILENT_BOOT_MS
  const running = new Map<string, Promise<boolean>>()
  const answered = new Set<string>()
  let isClosed = false

  const answer = async (orgId: string, nonce: string): Promise<void> => {
    if (answered.has(nonce)) return
    // From the start of a fresh turn: every reply that was read before has then had its consequences.
    await new Promise((resolve) => setImmediate(resolve))
    transport.markStale(orgId)
    const leases = deps.reportLeases(orgId)
    const report = toBootReport(sources.ownReport(orgId), {
      inputOf: deps.ratesOf,
      leases,
      leaseFloor: deps.leaseFloor(orgId),
    })
    const key = reportsKey(orgId, nonce)
    // The first report stands: a later one would leave out what was settled since, which nobody waits to see shipped.
    await redis.hsetnx(key, report.bootId, encodeBootReport(report))
    await redis.pexpire(key, NONCE_TTL_MS)
    answered.add(nonce)
    for (const old of answered) if (answered.size > 256) answered.delete(old)
  }

  deps.channel.onRebuild((message) => {
    const { orgId, nonce } = JSON.parse(message) as { orgId: string; nonce: string }
    answer(orgId, nonce).catch((error: unknown) => log('quota-report-failed', { orgId, error }))
  })

  const isEpochCurrent = async (orgId: string): Promise<boolean> => {
    const stamp = await transport.refreshStamp()
    if (stamp === null) throw new Error('Redis cannot be asked who it is')
    return (await redis.get(epochKey(orgId)))?.startsWith(`${stamp}:`) === true
  }

  const collectReports = async (
    orgId: string,
    nonce: string,
  ): Promise<{ reports: BootReport[]; live: ReadonlySet<string> }> => {
    let live: ReadonlySet<string> = new Set(await sources.liveBoots())
    await answer(orgId, nonce)
    const startedAt = performance.now()
    let askedAt = -Infinity
    for (;;) {
      const elapsedMs = performance.now() - startedAt
      // Asked again and again: a boot may itself still be on its way back to Redis.
      if (elapsedMs - askedAt >= ASK_AGAIN_MS) {
        await redis.publish(REBUILD_CHANNEL, JSON.stringify({ orgId, nonce }))
        askedAt = elapsedMs
        // Killed a moment ago, it is waited for like the others: not to speak, but for its journal to be whole in Postgres, which ends it.
        const stillLive = new Set(await sources.liveBoots())
        live = new Set([...live].filter((bootId) => stillLive.has(bootId)))
      }
      const texts = await redis.hgetall(reportsKey(orgId, nonce))
      const silent = [...live].filter((bootId) => texts[bootId] === undefined)
      const isGivenUp = silent.length > 0 && elapsedMs >= Math.max(silentBootMs, deps.leaseTtlMs)
      if (isGivenUp) log('quota-rebuild-silent-boot', { orgId, silent })
      if (isGivenUp || silent.length === 0) return { reports: Object.values(texts).map(decodeBootReport), live }
      await sleep(POLL_MS)
    }
  }

  const findConcluded = async ({ leases }: Survey): Promise<ReadonlySet<string>> => {
    const concluded = new Set<string>()
    for (const bootId of new Set(leases.map((lease) => lease.bootId)))
      if (await sources.isConcluded(bootId)) concluded.add(bootId)
    return concluded
  }

  const rebuildOnce = async (orgId: string): Promise<void> => {
    if (await isEpochCurrent(orgId)) return
    const startedAt = performance.now()
    const nonce = randomUUID()
    await redis.set(rebuildNonceKey(orgId), nonce, 'PX', NONCE_TTL_MS)
    const { reports, live } = await collectReports(orgId, nonce)
    const survey = await takeSurvey(redis, orgId)
    // Asked before the sum is read, which then has all of theirs.
    const concluded = await findConcluded(survey)
    const plan = planRebuild(survey, reports, { live, concluded })
    for (const report of reports) {
      if (!(await sources.waitShipped(report.bootId, report.seq, SHIPPED_TIMEOUT_MS))) {
        throw new Error(
          `what boot ${report.bootId} settled up to ${report.seq} is not in Postgres yet, so its sum would be too small`,
        )
      }
    }
    const used = await sources.readUsed(orgId, plan.counters, plan.except)
    const stamp = await transport.refreshStamp()
    const args = [keyPrefix(orgId), nonce, `${stamp}:${nonce}`, String(plan.counters.length)]
    for (const counter of plan.counters) {
      const sum = used.get(counterKey(counter))
      if (sum === undefined) throw new Error(`readUsed says nothing about ${counterKey(counter)}; unknown is not zero`)
      writeCounterStart(args, { counter, used: countedOf(counter, sum) })
    }
    args.push(String(plan.holds.length))
    for (const { state, hold } of plan.holds) {
      args.push(
        hold.holdId,
        state,
        hold.bootId,
        hold.amount.toString(),
        String(Math.ceil(hold.deadlineMs)),
        hold.rateTokens,
        String(Math.ceil(hold.tokens)),
        hold.counters.map(counterKey).join(' '),
        hold.rates,
        hold.payload,
      )
    }
    args.push(String(plan.leases.length))
    for (const { state, lease } of plan.leases) {
      args.push(lease.leaseId, state, lease.bootId, String(lease.revision))
      for (const { amount, tokens, requests } of [lease.keep, lease.consumed])
        args.push(amount.toString(), String(Math.ceil(tokens)), String(requests))
      args.push(String(deps.leaseTtlMs), lease.counters.map(counterKey).join(' '), lease.rates)
    }
    args.push(String(reports.length))
    for (const report of reports) args.push(report.bootId, String(report.leaseFloor))
    if ((await runScript(redis, REBUILD_SCRIPT, { key: epochKey(orgId), args })) !== 'OK')
      throw new Error('the data vanished again, or a later rebuild took over')
    log('quota-rebuilt', {
      orgId,
      boots: reports.length,
      counters: plan.counters.length,
      holds: plan.holds.length,
      leases: plan.leases.length,
      durationMs: Math.round(performance.now() - startedAt),
    })
  }

  const run = async (orgId: string): Promise<boolean> => {
    const startedAt = performance.now()
    try {
      while (!isClosed && performance.now() - startedAt < RUN_LIMIT_MS) {
        if ((await sources.withOrgLock(orgId, () => rebuildOnce(orgId))) === 'ran') return true
        await sleep(POLL_MS * 4)
        if (await isEpochCurrent(orgId)) return true
      }
    } catch (error) {
      log('quota-rebuild-failed', { orgId, error })
    }
    return false
  }

  const forgetLater = (orgId: string): void => {
    setTimeout(() => running.delete(orgId), RETRY_AFTER_FAILURE_MS).unref()
  }

  return {
    ensure: (orgId, waitMs) => {
      let current = running.get(orgId)
      if (current === undefined) {
        current = run(orgId).then((isRebuilt) => {
          // A failure is shared for a moment, so that every waiting request does not start the next attempt at once.
          if (isRebuilt) running.delete(orgId)
          else forgetLater(orgId)
          return isRebuilt
        })
        running.set(orgId, current)
      }
      const limit = new AbortController()
      return Promise.race([
        current.finally(() => limit.abort()),
        sleep(waitMs, false, { signal: limit.signal }).catch(() => false),
      ])
    },
    close: async () => {
      isClosed = true
      await Promise.allSettled(running.values())
    },
  }
}
