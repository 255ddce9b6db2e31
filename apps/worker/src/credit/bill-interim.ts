import { isInterimDue } from '@atpar/core/credit-line'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { issueInterim } from '../billing/issue-interim.ts'
import type { Deps } from '../deps.ts'
import { decideCredit, readCreditFacts } from './credit-facts.ts'

/**
 * Bills in the middle of the month whoever nears their line, so that it has room again once that is paid. Only where there is a card to charge and
 * nothing older waits for it: another invoice nobody can pay would help nobody.
 */
export const billInterim = async (
  deps: Deps,
  { orgId, nowMs }: { readonly orgId: string | null; readonly nowMs: number },
): Promise<number> => {
  let issued = 0
  for (const facts of await readCreditFacts(deps.pool, { orgId, nowMs })) {
    const { linePusd, stage } = decideCredit(facts, nowMs)
    if (!facts.history.hasPaymentMethod || stage !== 'none' || !isInterimDue(facts.exposure, linePusd)) continue
    const invoice = await issueInterim(deps.pool, {
      orgId: facts.orgId,
      period: billingPeriodOf(nowMs),
      nowMs,
      minimumCents: deps.closing.minimumCents,
    })
    if (invoice === null) continue
    issued += 1
    deps.log.info('interim-invoice-issued', { orgId: facts.orgId, invoice: invoice.number })
  }
  return issued
}
