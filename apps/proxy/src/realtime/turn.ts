import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import { bindsText } from '@atpar/core/guardrails'
import type { ReportedUsage } from '@atpar/core/usage'
import type { AttemptOutcome } from '@atpar/core/usage-event'
import { authenticate } from '../call/authenticate.ts'
import { admit } from '../call/admit.ts'
import type { Admission, Attempt, Plan, RealtimeCall } from '../call/call-context.ts'
import { chooseRoute } from '../call/choose-route.ts'
import { settle } from '../call/settle.ts'
import type { Deps } from '../deps.ts'
import { narrowCaller } from '../guarding/narrow-caller.ts'
import type { Peer } from '../http/networks.ts'
import type { Reply } from '../http/reply.ts'
import { beginWritten } from '../journal/journal.ts'
import { encodeBegin } from '../journal/record-text.ts'
import { credibleTaskUsage } from '../metering/credible-usage.ts'
import { describeAttempt } from '../metering/describe-attempt.ts'
import type { Candidate } from '../upstream/candidates.ts'

/** What a turn is about: whose it is, and what it may come to. */
export interface TurnRequest {
  readonly keyText: string
  readonly peer: Peer
  readonly model: string
  readonly tags: readonly string[]
  /** An answer, or what is said written down. */
  readonly task: 'realtime' | 'transcription'
  /** What the conversation came to so far. */
  readonly contextTokens: number
  /** Where the connection leads; null before there is one. */
  readonly connection: Candidate | null
}

/** How a piece of a conversation ended. */
export interface TurnEnd {
  readonly outcome: AttemptOutcome
  readonly usage: ReportedUsage | null
}

/** Money for one piece of a conversation in sound, put aside before it can begin. */
export interface Turn {
  readonly offering: Candidate
  /** Into the journal, before anything that may cost goes to the provider. Idempotent. */
  begin(): Promise<void>
  /** Its one terminal event; what was never begun is let go. Called once. */
  end(how: TurnEnd): Promise<void>
}

/** What is said between two answers: three minutes of sound, or a long text. */
const NEW_TOKENS = 2_000
/** https://platform.openai.com/docs/models/gpt-realtime */
const MAX_ANSWER_TOKENS = 4_096
/** The same three minutes, for what is sold by the second. */
const NEW_SECONDS = 180
const NO_BODY = Buffer.alloc(0)

/** @throws AppError whatever refuses the caller, the model or the money. */
export const openTurn = async (deps: Deps, request: TurnRequest): Promise<Turn> => {
  const call = describeTurn(deps, request)
  const caller = guardTurn(await authenticate(deps, call))
  const plan = keepTo(await chooseRoute(deps, caller, call), request)
  const admission = await admit(deps, { caller, plan, call })
  const [offering] = admission.plan.candidates
  if (offering === undefined) throw new AppError('no_provider_available')
  let begun: Promise<Attempt> | null = null
  return {
    offering,
    begin: async () => {
      begun ??= beginTurn(deps, { call, admission, offering })
      await begun
    },
    end: async ({ outcome, usage }) => {
      // What the journal could not take was not begun.
      const attempt = (await begun?.catch(() => null)) ?? null
      if (attempt === null) {
        deps.quota.release(caller.orgId, admission.holdId)
        return
      }
      const credible = credibleTaskUsage(usage, admission.worst)
      const atMs = deps.clock.nowMs()
      await settle(deps, {
        call,
        plan: admission.plan,
        admission,
        outcome: {
          kind: 'served',
          attempt,
          lost: [],
          outcome,
          usage: credible,
          usageIsFinal: credible !== null,
          deliveredText: '',
          deliveredCharacters: null,
          hasContent: true,
          servedModel: null,
          serviceTier: null,
          providerRequestId: null,
          firstByteAtMs: atMs,
          endedAtMs: atMs,
          error: null,
        },
      })
    },
  }
}

/**
 * Sound cannot be looked through, and what is said goes another way than requests do: where a rule may have to change or refuse it, there is no
 * conversation. @throws AppError `guardrail_blocked`
 */
const guardTurn = (caller: Caller): Caller => {
  const policy = caller.guard
  if (policy === null) return caller
  if (bindsText(policy))
    throw new AppError('guardrail_blocked', {
      message:
        'A guardrail of your organization reads what is sent, and a conversation in sound cannot be read. Use POST /v1/chat/completions, or a key without that guardrail.',
    })
  if (policy.maxOutputTokens !== null && policy.maxOutputTokens < MAX_ANSWER_TOKENS)
    throw new AppError('guardrail_blocked', {
      message: `A guardrail of your organization allows answers of ${policy.maxOutputTokens} tokens; those of a conversation in sound may have ${MAX_ANSWER_TOKENS}.`,
    })
  return narrowCaller(caller, policy)
}

const describeTurn = (deps: Deps, { keyText, peer, model, tags, task, contextTokens }: TurnRequest): RealtimeCall => {
  const startedAtMs = deps.clock.nowMs()
  return {
    kind: 'realtime',
    dialect: { id: 'openai-realtime' },
    requestId: deps.newRequestId(startedAtMs),
    startedAtMs,
    endpoint: 'realtime',
    tasks: [task],
    body: NO_BODY,
    json: {},
    large: null,
    facts: {
      model,
      stream: true,
      wantsUsage: true,
      maxOutputTokens: MAX_ANSWER_TOKENS,
      choices: 1,
      textBytes: contextTokens + NEW_TOKENS,
      mediaTokens: 0,
      reasoningTokens: null,
      sessionKey: null,
      usesTools: false,
      ...(task === 'transcription' ? { units: { seconds: NEW_SECONDS } } : {}),
    },
    snapshot: deps.feed.current(),
    keyText,
    peer,
    tags,
    cacheWish: null,
    betas: null,
    reply: NO_REPLY,
  }
}

/** Of a conversation that is under way, the offering it is held with; and whoever writes it down is reached over the same connection. */
const keepTo = (plan: Plan, { task, connection }: TurnRequest): Plan => {
  const able = plan.candidates.filter(
    ({ id, target, credential }) =>
      target.realtimePath !== null &&
      (connection === null ||
        (credential?.credentialId === connection.credential?.credentialId &&
          (task === 'realtime' ? id === connection.id : target.providerId === connection.target.providerId))),
  )
  if (able.length > 0) return { ...plan, candidates: able.slice(0, 1) }
  if (task === 'realtime') throw new AppError('no_provider_available')
  throw new AppError('unsupported_parameter', {
    param: 'session.audio.input.transcription',
    message: `"${plan.model.id}" cannot write down what is said here. Name a transcription model of the provider that holds the conversation.`,
  })
}

const beginTurn = async (
  deps: Deps,
  {
    call,
    admission,
    offering,
  }: { readonly call: RealtimeCall; readonly admission: Admission; readonly offering: Candidate },
): Promise<Attempt> => {
  const which = { number: 1, offering, target: offering.target, dropped: [] }
  const begin = describeAttempt({ ...admission, holdPusd: admission.hold.pusd, call }, which)
  const beginText = encodeBegin(begin)
  const seq = await beginWritten(deps.journal, beginText).catch((cause: unknown) => {
    throw new AppError('overloaded', {
      message:
        'This instance cannot record usage right now, so the conversation cannot go on. Connect again in a moment.',
      metadata: { retryAfterSeconds: 5 },
      cause,
    })
  })
  return { ...which, begin, beginText, seq, dispatchedAtMs: deps.clock.nowMs() }
}

/** What is said goes over the connection, not through the steps. */
const NO_REPLY: Reply = {
  isGone: () => false,
  onGone: () => {},
  hasStarted: () => true,
  keepHeaders: () => {},
  sendWhole: () => {},
  sendWire: () => {},
  sendLast: () => {},
  startStream: () => {},
  write: () => true,
  onDrain: () => {},
  end: () => {},
  abort: () => {},
}
