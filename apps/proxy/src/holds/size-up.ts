import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import type { TokenBounds } from '@atpar/core/hold-arithmetic'
import {
  boundInputTokens,
  boundOutputTokens,
  expectedInputTokens,
  expectedOutputTokens,
  isInputBounded,
} from '@atpar/core/tokens-bound'
import { outputFloor } from '@atpar/dialects/output-floors'
import type { Deps } from '../deps.ts'
import type { IncomingCall, Plan } from '../call/call-context.ts'

/** How large a request is: what is put aside for it at first, and what it can never exceed. */
export interface Size {
  readonly expected: TokenBounds
  readonly worst: TokenBounds
  /** Output below which it is refused rather than shortened, all answers together. */
  readonly floorTokens: number
}

interface SizeInput {
  readonly caller: Caller
  readonly plan: Plan
  readonly call: Pick<IncomingCall, 'facts'> & Partial<Pick<IncomingCall, 'kind'>>
  readonly isHard: boolean
}

/** @throws AppError `input_unbounded` when a hard budget applies and nothing says how large the input can get. */
export const sizeUp = (deps: Deps, { caller, plan, call, isHard }: SizeInput): Size => {
  const { facts } = call
  if (call.kind === 'media' || call.kind === 'realtime') return sizeUpMedia(plan, facts)
  const { candidates, model } = plan
  if (isHard && !isInputBounded(facts, candidates))
    throw new AppError('input_unbounded', {
      message: `This request holds media whose size the body does not tell, and the context of "${model.id}" is not on record, so its cost has no bound. A hard budget applies: send the content as text or images, choose another model, or have an admin make the budget soft.`,
    })
  const boundInput = boundInputTokens(facts, candidates)
  const units = facts.units === undefined ? NO_UNITS : { units: facts.units }
  const usual = deps.learnt.usualOutput(caller.orgId, model.id) ?? undefined
  return {
    expected: {
      inputTokens:
        isHard && facts.mediaTokens === null
          ? boundInput
          : expectedInputTokens(facts, candidates, deps.learnt.inputPerByte(model.id)),
      outputTokens: expectedOutputTokens(facts, candidates, usual),
      ...units,
    },
    worst: { inputTokens: boundInput, outputTokens: boundOutputTokens(facts, candidates), ...units },
    floorTokens: isHard ? floorOf(plan, facts) : 0,
  }
}

/** A picture or a sound cannot be made shorter: what it can come to is held from the start, or it is refused. */
const sizeUpMedia = ({ candidates }: Plan, facts: IncomingCall['facts']): Size => {
  const worst: TokenBounds = {
    inputTokens: boundInputTokens(facts, candidates),
    outputTokens: boundOutputTokens(facts, candidates),
    ...(facts.units === undefined ? NO_UNITS : { units: facts.units }),
  }
  return { expected: worst, worst, floorTokens: worst.outputTokens }
}

const NO_UNITS = {}

const floorOf = ({ candidates, model }: Plan, facts: IncomingCall['facts']): number => {
  let floor = 0
  for (const { target } of candidates) floor = Math.max(floor, outputFloor(target.dialect.id, facts, model.reasoning))
  return floor * Math.max(1, facts.choices)
}
