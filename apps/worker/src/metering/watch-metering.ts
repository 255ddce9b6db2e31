import { formatUsd, pusd } from '@atpar/core/money'
import type { Pool } from '@atpar/db/pool'
import { raiseIncident } from '../billing/raise-incident.ts'

/** Something about prices or usage that a person has to look at. */
export interface MeteringTrouble {
  readonly kind: 'stated-cost' | 'unpriced-usage' | 'quarantine'
  readonly subject: string
  readonly summary: string
  readonly differencePusd: bigint
  readonly detail: Readonly<Record<string, string>>
}

/** Today and yesterday, with an hour to spare: the job runs every hour. */
const LOOK_BACK_HOURS = 26

const SINCE = `request_id >= uuid_v7_floor(now() - make_interval(hours => ${LOOK_BACK_HOURS}))`

/** Where a provider says what it charges, a thousandth of difference in a day of a model is a price that we have wrong. */
const STATED_COSTS = `
  SELECT provider, model_id, (started_at AT TIME ZONE 'UTC')::date::text AS day, count(*)::text AS events, sum(cost_pusd)::text AS ours, sum(provider_stated_cost_pusd)::text AS theirs
  FROM usage_event WHERE ${SINCE} AND kind = 'settle' AND funding <> 'local' AND provider_stated_cost_pusd IS NOT NULL AND usage_source = 'provider_final'
  GROUP BY 1, 2, 3 HAVING abs(sum(cost_pusd) - sum(provider_stated_cost_pusd)) * 1000 > greatest(sum(provider_stated_cost_pusd), 1) ORDER BY 1, 2, 3`

const findStatedCosts = async (pool: Pool): Promise<readonly MeteringTrouble[]> => {
  const { rows } = await pool.query<{
    provider: string
    model_id: string
    day: string
    events: string
    ours: string
    theirs: string
  }>(STATED_COSTS)
  return rows.map((row) => {
    const [ours, theirs] = [pusd(BigInt(row.ours)), pusd(BigInt(row.theirs))]
    return {
      kind: 'stated-cost',
      subject: `${row.provider}/${row.model_id}/${row.day}`,
      summary: `${row.provider} says that ${row.events} requests to ${row.model_id} on ${row.day} cost $${formatUsd(theirs)}; by our prices they cost $${formatUsd(ours)}.`,
      differencePusd: ours - theirs,
      detail: { events: row.events, ourCostPusd: row.ours, statedCostPusd: row.theirs },
    }
  })
}

const UNPRICED = `
  SELECT provider, coalesce(model_served, offering_id) AS model, coalesce(service_tier, '') AS tier, count(*)::text AS events
  FROM usage_event e WHERE ${SINCE} AND kind = 'settle' AND absorbed_reason = 'unpriced'
    AND NOT EXISTS (SELECT 1 FROM usage_event c WHERE c.request_id = e.request_id AND c.attempt = e.attempt AND c.kind = 'correction')
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`

const findUnpriced = async (pool: Pool): Promise<readonly MeteringTrouble[]> => {
  const { rows } = await pool.query<{ provider: string; model: string; tier: string; events: string }>(UNPRICED)
  return rows.map((row) => ({
    kind: 'unpriced-usage',
    subject: `${row.provider}/${row.model}/${row.tier}`,
    summary: `${row.events} answers of ${row.model} at ${row.provider}${row.tier === '' ? '' : ` in the tier ${row.tier}`} have no price on record: we bear them. Propose the price with the day from which it counts, and they get their cost.`,
    differencePusd: 0n,
    detail: { events: row.events },
  }))
}

const findQuarantined = async (pool: Pool): Promise<readonly MeteringTrouble[]> => {
  const { rows } = await pool.query<{ records: string; oldest: string; error: string }>(
    `SELECT count(*)::text AS records, min(created_at)::text AS oldest, min(error) AS error FROM usage_quarantine WHERE resolved_at IS NULL HAVING count(*) > 0`,
  )
  return rows.map((row) => ({
    kind: 'quarantine',
    subject: 'usage records',
    summary: `${row.records} usage records could not be stored and wait in quarantine since ${row.oldest}: npm run operate -- quarantine`,
    differencePusd: 0n,
    detail: { records: row.records, firstError: row.error },
  }))
}

/**
 * Opens an incident for each provider's stated cost that differs from ours by more than 0.1 % in a model's day, for usage without a price, and for
 * records in quarantine. One that is no longer seen stays open until a person closes it, but for an empty quarantine.
 */
export const watchMetering = async (pool: Pool): Promise<readonly MeteringTrouble[]> => {
  const troubles = [...(await findStatedCosts(pool)), ...(await findUnpriced(pool)), ...(await findQuarantined(pool))]
  for (const trouble of troubles) await raiseIncident(pool, trouble)
  await pool.query(
    `UPDATE incident SET closed_at = now() WHERE kind = 'quarantine' AND closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM usage_quarantine WHERE resolved_at IS NULL)`,
  )
  return troubles
}
