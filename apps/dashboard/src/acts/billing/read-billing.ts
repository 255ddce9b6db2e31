import { z } from 'zod'
import { dunningStage, nextDunningStep } from '@atpar/core/dunning'
import { periodRange } from '@atpar/core/invoice'
import { listOpenInvoices, readBillingAccount } from '@atpar/db/billing-account'
import { readCreditStanding } from '@atpar/db/credit'
import { readOpenPeriod } from '@atpar/db/invoices'
import { listTopUps, readAutoTopUp, readPrepaidBalance } from '@atpar/db/prepaid'
import { readUsageSummary } from '@atpar/db/usage'
import { defineAct } from '../define-act.ts'

const LATEST_TOP_UPS = 5

/** Everything between using and paying: the month so far by model, what is owed and may be, the card, the balance, and what is unpaid. */
export const readBillingAct = defineAct({
  name: 'read-billing',
  effect: 'read',
  permission: 'invoice:read',
  input: z.strictObject({}),
  run: async ({ tx, orgId, atMs }) => {
    const open = await readOpenPeriod(tx, orgId, atMs)
    const { fromMs, toMs } = periodRange(open.period)
    const models = await readUsageSummary(tx, orgId, {
      fromHour: new Date(fromMs),
      toHour: new Date(toMs),
      groupBy: 'model',
    })
    const standing = await readCreditStanding(tx, orgId)
    const account = await readBillingAccount(tx, orgId)
    return {
      period: open.period,
      endsAtMs: toMs,
      usagePusd: open.totals.billedPusd,
      models: models.map(({ group, requests, billedPusd }) => ({ modelId: group ?? '', requests, billedPusd })),
      credit: {
        ...standing,
        stage: dunningStage(standing.stage === 'none' ? null : standing.oldestUnpaidDueAtMs, atMs),
        nextStep: standing.stage === 'none' ? null : nextDunningStep(standing.oldestUnpaidDueAtMs, atMs),
        isPrepaidOnly: account.isPrepaidOnly,
      },
      paymentMethod: account.paymentMethod,
      details: account.details,
      isTaxLocationWanted: account.isTaxLocationWanted,
      taxIdRefusal: account.taxIdRefusal,
      openInvoices: await listOpenInvoices(tx, orgId),
      prepaid: {
        balancePusd: await readPrepaidBalance(tx, orgId),
        autoTopUp: await readAutoTopUp(tx, orgId),
        topUps: await listTopUps(tx, orgId, LATEST_TOP_UPS),
      },
    }
  },
})
