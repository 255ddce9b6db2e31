import type { Deps } from '../deps.ts'
import { describeStanding } from '../limits/limit-headers.ts'
import { admit } from './admit.ts'
import { authenticate } from './authenticate.ts'
import { openCaching, type Caching } from '../answers/response-cache.ts'
import { keepContent } from '../content/keep-content.ts'
import type { Admission, IncomingCall, Outcome, Plan } from './call-context.ts'
import { chooseRoute } from './choose-route.ts'
import { dispatch, dispatchKept } from './dispatch.ts'
import type { AnswerGuard } from '../guarding/answer-guard.ts'
import { applyGuardrails, type GuardedCall } from './guard.ts'
import { relay } from './relay.ts'
import { settle } from './settle.ts'

/**
 * The table of contents of a request. The route is chosen before money is held, because the hold is priced at the dearest candidate left in the plan;
 * settling happens before the last byte is sent, so that an answer a caller holds complete is an answer the journal knows.
 * @throws AppError whatever refused or failed the call; nothing is charged then.
 */
export const handleCall = async (deps: Deps, incoming: IncomingCall): Promise<void> => {
  const holder = authenticate(deps, incoming)
  const known = holder instanceof Promise ? await holder : holder
  const guarded =
    known.guard === null ? null : await applyGuardrails(deps, { caller: known, call: incoming, policy: known.guard })
  const { caller, call: asked } = guarded ?? { caller: known, call: incoming }
  const answers = guarded === null ? null : guarded.answers
  const route = chooseRoute(deps, caller, asked)
  const wanted = route instanceof Promise ? await route : route
  const admitting = admit(deps, {
    caller,
    plan: guarded === null ? wanted : withFindings(wanted, guarded),
    call: asked,
  })
  // A lease decides at once.
  const admitted = admitting instanceof Promise ? await admitting : admitting
  const admission = guarded === null ? admitted : withClamp(admitted, guarded)
  const { plan } = admission
  const standing = describeStanding({ ...admission, atMs: asked.startedAtMs })
  if (standing !== null) asked.reply.keepHeaders(standing)
  const keeping = caller.contentDays === 0 ? null : keepContent(deps, { call: asked, caller })
  const call = keeping === null ? asked : keeping.call
  const caching = openCaching(deps, { call, admission, wish: call.cacheWish, answers })
  try {
    if (caching === null) {
      const answer = await dispatch(deps, { call, plan, admission })
      await relay(deps, { call, admission, answer, answers }, (outcome) =>
        settle(deps, { call, plan: answers === null ? plan : withAnswer(plan, answers), admission, outcome }),
      )
    } else await handleCached(deps, { call, plan, admission, answers }, caching)
  } finally {
    keeping?.end()
  }
}

/** What was found in the answer, too. */
const withAnswer = (plan: Plan, answers: AnswerGuard): Plan => ({
  ...plan,
  skipped: [...answers.trail(), ...plan.skipped],
})

/** Into the trail, before what was left out. */
const withFindings = (plan: Plan, { trail }: GuardedCall): Plan =>
  trail.length === 0 ? plan : { ...plan, skipped: [...trail, ...plan.skipped] }

/** The smaller of what money leaves and what the policy allows. */
const withClamp = (admission: Admission, { clampTokens }: GuardedCall): Admission =>
  clampTokens === null || (admission.clampTokens !== null && admission.clampTokens <= clampTokens)
    ? admission
    : { ...admission, clampTokens }

/** The last three steps of a request that may be answered by what was kept, or whose answer is kept. */
const handleCached = async (
  deps: Deps,
  input: {
    readonly call: IncomingCall
    readonly plan: Plan
    readonly admission: Admission
    readonly answers: AnswerGuard | null
  },
  caching: Caching,
): Promise<void> => {
  const { plan, admission, answers } = input
  const hit = await caching.find(plan.candidates)
  const call = hit === null ? caching.recorded : input.call
  const answer = hit === null ? await dispatch(deps, { ...input, call }) : await dispatchKept(deps, input, hit)
  let ended: Outcome | null = null
  await relay(deps, { call, admission, answer, answers }, (outcome) => {
    ended = outcome
    return settle(deps, { admission, call, plan: answers === null ? plan : withAnswer(plan, answers), outcome })
  })
  if (hit === null) await caching.keep(ended)
}
