import { classifyFailure, describeFailure } from '@atpar/billing/failure'
import {
  addMissingLines,
  checkPushed,
  createDraft,
  deleteDraft,
  finaliseDraft,
  findPushed,
  type InvoicePush,
} from '@atpar/billing/push-invoice'
import { issueDocument } from '../documents/issue-document.ts'
import { ensureAccount } from './account.ts'
import { waitAfter, type CollectDeps } from './collecting.ts'
import { claimPush, findFailedProof, rememberDraft, startOver, toPush, tryLater, type Claim } from './push-record.ts'
import { syncInvoice } from './sync-invoice.ts'
import { watchInvoiceTax } from './watch-tax.ts'

export type PushResult =
  | { readonly kind: 'pushed'; readonly stripeInvoiceId: string }
  /** Not due, with somebody else, or nothing to collect. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly reason: string }

const HOUR_SECONDS = 3_600
const MANY_ATTEMPTS = 5

/** What earlier attempts left: adopted if it is of use, deleted if it is not. */
const recover = async (
  deps: CollectDeps,
  claim: Claim,
  push: InvoicePush,
): Promise<{ readonly draft: string | null; readonly finalised: string | null }> => {
  if (claim.attempts === 1) return { draft: null, finalised: null }
  const found = await findPushed(deps.collecting.stripe, push)
  // Somebody slower than their lease may have finalised one since it was listed.
  for (const orphan of found.orphans)
    if (!(await deleteDraft(deps.collecting.stripe, orphan))) return { draft: null, finalised: orphan }
  return found
}

const finish = async (deps: CollectDeps, claim: Claim, stripeInvoiceId: string): Promise<PushResult> => {
  await rememberDraft(deps.pool, claim, stripeInvoiceId)
  await syncInvoice(deps, stripeInvoiceId)
  await watchInvoiceTax(deps.pool, claim.invoiceId)
  return { kind: 'pushed', stripeInvoiceId }
}

const throwAway = async (
  deps: CollectDeps,
  claim: Claim,
  draft: { readonly stripeInvoiceId: string; readonly reason: string },
): Promise<PushResult> => {
  deps.log.error('stripe-draft-differs', { orgId: claim.orgId, invoice: claim.number, ...draft })
  await deleteDraft(deps.collecting.stripe, draft.stripeInvoiceId)
  const isBlocked = claim.version >= MANY_ATTEMPTS
  await startOver(deps.pool, claim, {
    error: draft.reason,
    waitSeconds: isBlocked ? HOUR_SECONDS : waitAfter(claim.version),
    ...(isBlocked ? { blockedReason: 'mismatch' } : {}),
  })
  return { kind: 'waiting', reason: draft.reason }
}

const askForLocation = async (deps: CollectDeps, claim: Claim): Promise<PushResult> => {
  await deps.pool.query(
    'UPDATE billing_account SET tax_location_wanted_at = coalesce(tax_location_wanted_at, now()) WHERE org_id = $1',
    [claim.orgId],
  )
  const reason = 'Stripe needs a better address to compute tax'
  await tryLater(deps.pool, claim, { error: reason, waitSeconds: HOUR_SECONDS, blockedReason: 'tax_location' })
  return { kind: 'waiting', reason }
}

const pushClaimed = async (deps: CollectDeps, claim: Claim, isTaxed: boolean): Promise<PushResult> => {
  const { pool, collecting } = deps
  const failed = await findFailedProof(pool, claim)
  if (failed !== null) {
    await tryLater(pool, claim, { error: failed, waitSeconds: HOUR_SECONDS })
    return { kind: 'waiting', reason: failed }
  }
  const push = await toPush(pool, claim, { customerId: await ensureAccount(deps, claim.orgId), isTaxed })
  const left = await recover(deps, claim, push)
  if (left.finalised !== null) return finish(deps, claim, left.finalised)
  const stripeInvoiceId = left.draft ?? (await createDraft(collecting.stripe, push))
  await rememberDraft(pool, claim, stripeInvoiceId)
  await addMissingLines(collecting.stripe, push, stripeInvoiceId)
  const check = await checkPushed(collecting.stripe, push, stripeInvoiceId)
  if (check.kind === 'different') return throwAway(deps, claim, { stripeInvoiceId, reason: check.reason })
  if (check.kind === 'tax-location') {
    if (collecting.tax === 'required') return askForLocation(deps, claim)
    // Its own draft under its own version: automatic tax is in what the keys were used with.
    await deleteDraft(collecting.stripe, stripeInvoiceId)
    await startOver(pool, claim, { error: 'without tax: the address does not say which', waitSeconds: 0 })
    const again = await claimPush(pool, claim.invoiceId)
    return again === null ? { kind: 'idle' } : pushClaimed(deps, again, false)
  }
  // One document, with the tax on it, before there is a claim. Drawn once: a second push finds it as it was issued.
  await issueDocument(pool, {
    orgId: claim.orgId,
    invoiceId: claim.invoiceId,
    taxCents: isTaxed ? check.taxCents : null,
  })
  await finaliseDraft(collecting.stripe, push, stripeInvoiceId)
  return finish(deps, claim, stripeInvoiceId)
}

/** Decides what a failure means for the next attempt. @throws what did not come from Stripe */
const noteFailure = async (deps: CollectDeps, claim: Claim, failure: unknown): Promise<PushResult> => {
  const kind = classifyFailure(failure)
  const reason = describeFailure(failure)
  if (kind === null) {
    await tryLater(deps.pool, claim, { error: reason, waitSeconds: waitAfter(claim.attempts) })
    throw failure
  }
  deps.log.warn('invoice-push-failed', { orgId: claim.orgId, invoice: claim.number, attempt: claim.attempts, reason })
  const waitSeconds = waitAfter(claim.attempts)
  if (kind === 'again') await tryLater(deps.pool, claim, { error: reason, waitSeconds })
  else if (kind === 'refused' && claim.attempts >= MANY_ATTEMPTS)
    await tryLater(deps.pool, claim, { error: reason, waitSeconds: HOUR_SECONDS, blockedReason: 'refused' })
  else await startOver(deps.pool, claim, { error: reason, waitSeconds })
  return { kind: 'waiting', reason }
}

/** All of it came from the balance: there is nothing to ask Stripe for. */
const settleFromBalance = async (deps: CollectDeps, claim: Claim): Promise<PushResult> => {
  await issueDocument(deps.pool, { orgId: claim.orgId, invoiceId: claim.invoiceId, taxCents: null })
  await deps.pool.query(
    `UPDATE invoice_collection SET state = 'paid', paid_at = $2, finalised_at = $2, due_at = $2, updated_at = now() WHERE invoice_id = $1 AND state = 'pushing'`,
    [claim.invoiceId, new Date(deps.nowMs)],
  )
  return { kind: 'idle' }
}

/**
 * Brings one issued invoice to Stripe: draft, lines, comparison, finalisation. It may die anywhere and be run again by anybody: there is one finalised
 * Stripe invoice over the right amount in the end, and no draft besides.
 */
export const pushInvoice = async (deps: CollectDeps, invoiceId: string): Promise<PushResult> => {
  const claim = await claimPush(deps.pool, invoiceId)
  if (claim === null) return { kind: 'idle' }
  if (claim.amountCents === 0n) return settleFromBalance(deps, claim)
  try {
    return await pushClaimed(deps, claim, deps.collecting.tax !== 'off')
  } catch (error) {
    return noteFailure(deps, claim, error)
  }
}
