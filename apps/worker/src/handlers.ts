import type { JobHandlers } from '@atpar/queue/worker'
import type { Deps } from './deps.ts'
import { anchorAudit } from './jobs/anchor-audit.ts'
import { applyStripeEvent } from './jobs/apply-stripe-event.ts'
import { auditQuota } from './jobs/audit-quota.ts'
import { closeDuePeriods } from './jobs/close-due-periods.ts'
import { closePeriod } from './jobs/close-period.ts'
import { collectDue } from './jobs/collect-due.ts'
import { eraseOrganizations } from './jobs/erase-organizations.ts'
import { ensurePartitions } from './jobs/ensure-partitions.ts'
import { forgetContents } from './jobs/forget-contents.ts'
import { freeLateBoots } from './jobs/free-late-boots.ts'
import { freezePastDays } from './jobs/freeze-days.ts'
import { mailRefusedCredentials } from './jobs/mail-refused-credentials.ts'
import { noticeBudgets } from './jobs/notice-budgets.ts'
import { postUsage } from './jobs/post-usage.ts'
import { pushInvoice } from './jobs/push-invoice.ts'
import { reapBoots } from './jobs/reap-boots.ts'
import { proposePrices } from './jobs/propose-prices.ts'
import { rerate } from './jobs/rerate-usage.ts'
import { refreshCredit } from './jobs/refresh-credit.ts'
import { reconcileProviders } from './jobs/reconcile-providers.ts'
import { runProofs } from './jobs/run-proofs.ts'
import { sendEmail } from './jobs/send-email.ts'
import { sweepHolds } from './jobs/sweep-holds.ts'
import { sweepStripe } from './jobs/sweep-stripe.ts'
import { watchMeteringJob } from './jobs/watch-metering.ts'

/** Which function does which job. The type makes a job without one a compile error. */
export const createHandlers = (deps: Deps): JobHandlers => ({
  'anchor-audit': () => anchorAudit(deps),
  'erase-organizations': () => eraseOrganizations(deps),
  'forget-contents': () => forgetContents(deps),
  'ensure-partitions': () => ensurePartitions(deps),
  'audit-quota': () => auditQuota(deps),
  'free-leases': () => freeLateBoots(deps),
  'sweep-holds': () => sweepHolds(deps),
  'reap-boots': () => reapBoots(deps),
  'mail-refused-credentials': () => mailRefusedCredentials(deps),
  'notice-budgets': () => noticeBudgets(deps),
  'post-usage': () => postUsage(deps),
  'freeze-days': () => freezePastDays(deps),
  'close-due-periods': () => closeDuePeriods(deps),
  'close-period': (payload) => closePeriod(deps, payload),
  'watch-metering': () => watchMeteringJob(deps),
  'propose-prices': () => proposePrices(deps),
  'rerate-usage': () => rerate(deps),
  'refresh-credit': (payload) => refreshCredit(deps, payload),
  'reconcile-providers': () => reconcileProviders(deps),
  'push-invoice': (payload) => pushInvoice(deps, payload),
  'apply-stripe-event': (payload) => applyStripeEvent(deps, payload),
  'collect-due': () => collectDue(deps),
  'sweep-stripe': () => sweepStripe(deps),
  'run-proofs': () => runProofs(deps),
  'send-email': (payload) => sendEmail(deps, payload),
})
