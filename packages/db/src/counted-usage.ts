import { periodBounds, periodIdOf, type PeriodBounds } from '@atpar/core/period'
import type { BudgetCounter, BudgetPeriod } from '@atpar/core/quota'
import type { Pool } from './pool.ts'

/** Over which periods a budget counts. */
interface CountedBudget {
  readonly id: string
  readonly period: BudgetPeriod
  readonly time_zone: string
}

export interface CountedUsageInput {
  readonly counters: readonly BudgetCounter[]
  /** Left out of every sum: events of these requests, and of whatever was admitted by these leases. */
  readonly except: {
    readonly requestIds: readonly string[]
    readonly leases: readonly { readonly bootId: string; readonly number: number }[]
  }
  readonly nowMs: number
}

/**
 * What each counter's budget has counted in its period by the events that Postgres has, in the counters' order: pico-USD billed, or tokens.
 * @throws RangeError for a budget that is not of this organization, or a period that is none of its recent ones.
 */
export const readCountedUsage = async (
  pool: Pool,
  orgId: string,
  { counters, except, nowMs }: CountedUsageInput,
): Promise<readonly bigint[]> => {
  const sums: bigint[] = []
  for (const { budgetId, fromMs, toMs } of await findPeriods(pool, orgId, { counters, nowMs })) {
    const { rows } = await pool.query<{ used: string }>(
      'SELECT counted_usage_without($1, $2, $3, $4, $5, $6, $7)::text AS used',
      [
        orgId,
        budgetId,
        toTimestamp(fromMs),
        toTimestamp(toMs),
        except.requestIds,
        except.leases.map((lease) => lease.bootId),
        except.leases.map((lease) => lease.number),
      ],
    )
    sums.push(BigInt(rows[0]?.used ?? '0'))
  }
  return sums
}

/** By whole hours, from the roll-ups. Those do not know tags, so a tagged budget's are counted one by one. */
const COUNT_ATTEMPTS = `SELECT CASE WHEN b.tag IS NULL THEN (
    SELECT coalesce(sum(r.events), 0) FROM usage_rollup_hourly r
    WHERE r.org_id = b.org_id AND ($3::timestamptz IS NULL OR r.hour >= date_trunc('hour', $3::timestamptz, 'UTC')) AND ($4::timestamptz IS NULL OR r.hour < $4)
      AND CASE b.scope WHEN 'organization' THEN r.org_id WHEN 'team' THEN r.team_id WHEN 'member' THEN r.member_id WHEN 'key' THEN r.key_id END = b.scope_id
      AND (b.model_id IS NULL OR r.model_id = b.model_id)
  ) ELSE (
    SELECT count(*) FROM usage_event u
    WHERE u.org_id = b.org_id AND ($3::timestamptz IS NULL OR u.request_id >= uuid_v7_floor($3)) AND ($4::timestamptz IS NULL OR u.request_id < uuid_v7_floor($4))
      AND CASE b.scope WHEN 'organization' THEN u.org_id WHEN 'team' THEN u.team_id WHEN 'member' THEN u.member_id WHEN 'key' THEN u.key_id END = b.scope_id
      AND (b.model_id IS NULL OR u.model_id = b.model_id) AND b.tag = ANY (u.tags)
  ) END::text AS attempts
  FROM budget b WHERE b.org_id = $1 AND b.id = $2`

/**
 * How many settled attempts Postgres has for each counter, in the counters' order: each was rounded up once on its way into the counter. Where a period does not begin at a whole hour, all of that
 * hour. Only for the worker, which may read every organization's facts.
 * @throws RangeError as `readCountedUsage` does.
 */
export const countSettledAttempts = async (
  pool: Pool,
  orgId: string,
  input: Pick<CountedUsageInput, 'counters' | 'nowMs'>,
): Promise<readonly bigint[]> => {
  const counts: bigint[] = []
  for (const { budgetId, fromMs, toMs } of await findPeriods(pool, orgId, input)) {
    const { rows } = await pool.query<{ attempts: string }>(COUNT_ATTEMPTS, [
      orgId,
      budgetId,
      toTimestamp(fromMs),
      toTimestamp(toMs),
    ])
    counts.push(BigInt(rows[0]?.attempts ?? '0'))
  }
  return counts
}

type CountedPeriod = PeriodBounds & Pick<BudgetCounter, 'budgetId'>

const findPeriods = async (
  pool: Pool,
  orgId: string,
  { counters, nowMs }: Pick<CountedUsageInput, 'counters' | 'nowMs'>,
): Promise<readonly CountedPeriod[]> => {
  const found = await pool.query<CountedBudget>('SELECT id, period, time_zone FROM find_budgets($1, $2)', [
    orgId,
    [...new Set(counters.map((counter) => counter.budgetId))],
  ])
  const budgets = new Map(found.rows.map((budget) => [budget.id, budget]))
  return counters.map(({ budgetId, periodId }) => {
    const budget = budgets.get(budgetId)
    if (budget === undefined) throw new RangeError(`budget ${budgetId} is not one of organization ${orgId}`)
    return { budgetId, ...findBounds(budget, periodId, nowMs) }
  })
}

const toTimestamp = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString())

/** Counters live on past their period for late settlements, so the wanted one may lie some periods back (or one ahead of a slow clock). */
const MAX_PERIODS_BACK = 60

const findBounds = (budget: CountedBudget, periodId: string, nowMs: number): PeriodBounds => {
  let atMs = periodBounds(budget.period, budget.time_zone, nowMs).toMs ?? nowMs
  for (let step = 0; step < MAX_PERIODS_BACK; step += 1) {
    const bounds = periodBounds(budget.period, budget.time_zone, atMs)
    if (periodIdOf(budget.period, budget.time_zone, atMs) === periodId) return bounds
    if (bounds.fromMs === null) break
    atMs = bounds.fromMs - 1
  }
  throw new RangeError(`"${periodId}" is no recent ${budget.period} of budget ${budget.id}`)
}
