import { creditLine, monthlyLimit, owedOf, type CreditHistory, type Exposure } from '@atpar/core/credit-line'
import { dunningStage, lineInDunning, type DunningStage } from '@atpar/core/dunning'
import { ACCOUNTS } from '@atpar/core/ledger'
import { PUSD_PER_CENT, pusd, ZERO_PUSD, type Pusd } from '@atpar/core/money'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { amountOf } from '../billing/amount-column.ts'
import type { Reader } from '../billing/transaction.ts'

/** One organization's credit: as it is stored and enforced, and what it rests on. */
export interface CreditFacts {
  readonly orgId: string
  readonly history: CreditHistory
  readonly exposure: Exposure
  readonly usedThisMonthPusd: Pusd
  readonly oldestUnpaid: { readonly invoiceId: string; readonly dueAtMs: number } | null
  readonly stored: {
    readonly linePusd: Pusd
    readonly owedPusd: Pusd
    readonly stage: DunningStage
    readonly oldestUnpaidId: string | null
    /** Null for an organization whose credit somebody took away. */
    readonly budget: { readonly id: string; readonly limitPusd: Pusd } | null
  }
}

interface FactsRow {
  readonly org_id: string
  readonly starter: string
  readonly granted: string | null
  readonly line: string
  readonly owed: string
  readonly stage: DunningStage
  readonly stored_unpaid: string | null
  readonly budget_id: string | null
  readonly budget_limit: string | null
  readonly has_method: boolean
  readonly is_prepaid_only: boolean
  readonly used: string | null
  readonly unbilled: string | null
  readonly interim: string | null
  readonly open: string | null
  readonly prepaid: string | null
  readonly paid_month_cents: string | null
  readonly unpaid_id: string | null
  readonly unpaid_due_at: Date | null
}

/**
 * $1 one organization, or null for all; $2 the first instant of the month; $3 now. An invoice counts as unpaid once a charge of it failed, or an hour
 * after it was due: until then its payment is on the way.
 */
const FACTS = `
  WITH wanted AS (
    SELECT c.* FROM credit_standing c JOIN organization o ON o.id = c.org_id AND o.status <> 'closed' WHERE $1::uuid IS NULL OR c.org_id = $1
  ), usage AS (
    SELECT r.org_id, sum(r.billed_pusd) FILTER (WHERE r.hour >= $2) AS used,
      sum(r.billed_pusd) FILTER (WHERE NOT EXISTS (SELECT 1 FROM period_close p WHERE p.org_id = r.org_id AND p.period = r.invoice_period)) AS unbilled
    FROM usage_rollup_hourly r WHERE ($1::uuid IS NULL OR r.org_id = $1) AND r.hour >= $2::timestamptz - interval '4 months' GROUP BY r.org_id
  ), interim AS (
    SELECT i.org_id, sum(i.total_cents) * 10000000000 AS claimed FROM invoice i
    WHERE ($1::uuid IS NULL OR i.org_id = $1) AND i.sequence > 1 AND NOT EXISTS (SELECT 1 FROM period_close p WHERE p.org_id = i.org_id AND p.period = i.period) GROUP BY i.org_id
  ), balance AS (
    SELECT e.org_id, sum(e.amount_pusd) FILTER (WHERE e.account IN ('${ACCOUNTS.arOpen}', '${ACCOUNTS.carryOver}')) AS open,
      -sum(e.amount_pusd) FILTER (WHERE e.account IN ('${ACCOUNTS.prepaidCredit}', '${ACCOUNTS.promoCredit}')) AS prepaid
    FROM ledger_entry e WHERE ($1::uuid IS NULL OR e.org_id = $1)
      AND e.account IN ('${ACCOUNTS.arOpen}', '${ACCOUNTS.carryOver}', '${ACCOUNTS.prepaidCredit}', '${ACCOUNTS.promoCredit}') GROUP BY e.org_id
  ), paid AS (
    SELECT org_id, max(cents) AS cents FROM (
      SELECT i.org_id, sum(greatest(i.total_cents - c.credited_cents, 0)) AS cents FROM invoice i JOIN invoice_collection c ON c.invoice_id = i.id
      WHERE ($1::uuid IS NULL OR i.org_id = $1) AND c.state = 'paid' AND i.total_cents > 0 GROUP BY i.org_id, i.period) AS months GROUP BY org_id
  ), unpaid AS (
    SELECT DISTINCT ON (c.org_id) c.org_id, c.invoice_id, c.due_at FROM invoice_collection c
    WHERE ($1::uuid IS NULL OR c.org_id = $1) AND c.state IN ('open', 'uncollectible') AND c.due_at IS NOT NULL
      AND (c.charge_failed_at IS NOT NULL OR c.due_at < $3::timestamptz - interval '1 hour') ORDER BY c.org_id, c.due_at, c.invoice_id
  )
  SELECT w.org_id, w.starter_pusd::text AS starter, w.granted_pusd::text AS granted, w.line_pusd::text AS line, w.owed_pusd::text AS owed, w.dunning_stage AS stage,
    w.oldest_unpaid_id AS stored_unpaid, b.id AS budget_id, b.limit_pusd::text AS budget_limit,
    a.payment_method_id IS NOT NULL AS has_method, a.prepaid_only_since IS NOT NULL AS is_prepaid_only,
    usage.used::text, usage.unbilled::text, interim.claimed::text AS interim, balance.open::text, balance.prepaid::text, paid.cents::text AS paid_month_cents,
    unpaid.invoice_id AS unpaid_id, unpaid.due_at AS unpaid_due_at
  FROM wanted w LEFT JOIN billing_account a ON a.org_id = w.org_id
  LEFT JOIN budget b ON b.org_id = w.org_id AND b.is_credit AND b.period = 'month' AND b.unit = 'usd' AND b.archived_at IS NULL
  LEFT JOIN usage ON usage.org_id = w.org_id LEFT JOIN interim ON interim.org_id = w.org_id LEFT JOIN balance ON balance.org_id = w.org_id
  LEFT JOIN paid ON paid.org_id = w.org_id LEFT JOIN unpaid ON unpaid.org_id = w.org_id
  ORDER BY w.org_id`

const toFacts = (row: FactsRow): CreditFacts => ({
  orgId: row.org_id,
  history: {
    starterPusd: amountOf(row.starter),
    grantedPusd: row.granted === null ? null : amountOf(row.granted),
    hasPaymentMethod: row.has_method,
    highestPaidMonthPusd: row.paid_month_cents === null ? null : pusd(BigInt(row.paid_month_cents) * PUSD_PER_CENT),
    isPrepaidOnly: row.is_prepaid_only,
  },
  exposure: {
    unbilledPusd: pusd(amountOf(row.unbilled) - amountOf(row.interim)),
    openPusd: amountOf(row.open),
    prepaidPusd: amountOf(row.prepaid),
  },
  usedThisMonthPusd: amountOf(row.used),
  oldestUnpaid:
    row.unpaid_id === null || row.unpaid_due_at === null
      ? null
      : { invoiceId: row.unpaid_id, dueAtMs: row.unpaid_due_at.getTime() },
  stored: {
    linePusd: amountOf(row.line),
    owedPusd: amountOf(row.owed),
    stage: row.stage,
    oldestUnpaidId: row.stored_unpaid,
    budget: row.budget_id === null ? null : { id: row.budget_id, limitPusd: amountOf(row.budget_limit) },
  },
})

/** Of one organization, or of all that are not closed. `nowMs` is the installation's clock. */
export const readCreditFacts = async (
  reader: Reader,
  { orgId, nowMs }: { readonly orgId: string | null; readonly nowMs: number },
): Promise<readonly CreditFacts[]> => {
  const month = `${billingPeriodOf(nowMs)}T00:00:00Z`
  const { rows } = await reader.query<FactsRow>(FACTS, [orgId, month, new Date(nowMs)])
  return rows.map(toFacts)
}

/** What the facts come to now. */
export interface CreditState {
  readonly linePusd: Pusd
  readonly owedPusd: Pusd
  readonly limitPusd: Pusd
  readonly stage: DunningStage
}

/** A budget holds no more than this; a line that large is a mistake anyway. */
const MOST_PUSD = pusd(9_000_000_000_000_000_000n)

export const decideCredit = (facts: CreditFacts, nowMs: number): CreditState => {
  const stage = dunningStage(facts.oldestUnpaid?.dueAtMs ?? null, nowMs)
  const linePusd = lineInDunning(creditLine(facts.history), stage)
  const owedPusd = owedOf(facts.exposure)
  const limit = monthlyLimit(linePusd, { owedPusd, usedThisMonthPusd: facts.usedThisMonthPusd })
  const least = (amount: Pusd): Pusd => (amount > MOST_PUSD ? MOST_PUSD : amount < 0n ? ZERO_PUSD : amount)
  return { linePusd: least(linePusd), owedPusd, limitPusd: least(limit), stage }
}

/** Owed moves with every request and is only shown, so it alone is worth a write and no news to the proxies. */
export const hasChanged = (facts: CreditFacts, state: CreditState): boolean =>
  facts.stored.linePusd !== state.linePusd ||
  facts.stored.owedPusd !== state.owedPusd ||
  facts.stored.stage !== state.stage ||
  facts.stored.oldestUnpaidId !== (facts.oldestUnpaid?.invoiceId ?? null) ||
  (facts.stored.budget !== null && facts.stored.budget.limitPusd !== state.limitPusd)
