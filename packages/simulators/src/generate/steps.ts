import type { Answer, AnswerChoice, ToolCall } from './answer.ts'

/** One event of an answer as it comes into being; formats put it into their own words. */
export type Step =
  | { kind: 'reasoning' | 'text'; choice: number; piece: string }
  | { kind: 'tool_start'; choice: number; callIndex: number; call: ToolCall }
  | { kind: 'tool_arguments'; choice: number; callIndex: number; piece: string }

/** Reasoning, text, then tool calls; several choices take turns, token by token. */
export function* listSteps(answer: Answer): Generator<Step, undefined> {
  const [only, ...others] = answer.choices
  if (only !== undefined && others.length === 0) {
    yield* stepsOfChoice(only)
    return
  }
  let running = answer.choices.map((choice) => stepsOfChoice(choice))
  while (running.length > 0) {
    const unfinished: typeof running = []
    for (const steps of running) {
      const next = steps.next()
      if (next.done === true) continue
      unfinished.push(steps)
      yield next.value
    }
    running = unfinished
  }
}

function* stepsOfChoice(choice: AnswerChoice): Generator<Step, undefined> {
  for (const piece of choice.reasoning) yield { kind: 'reasoning', choice: choice.index, piece }
  for (const piece of choice.text) yield { kind: 'text', choice: choice.index, piece }
  for (const [callIndex, call] of choice.toolCalls.entries()) {
    yield { kind: 'tool_start', choice: choice.index, callIndex, call }
    for (const piece of call.pieces) yield { kind: 'tool_arguments', choice: choice.index, callIndex, piece }
  }
}

/** Tokens that exist once a step is done. */
export function tokensOfStep(step: Step): { reasoning: number; text: number } {
  switch (step.kind) {
    case 'reasoning':
      return { reasoning: 1, text: 0 }
    case 'text':
    case 'tool_arguments':
      return { reasoning: 0, text: 1 }
    case 'tool_start':
      return { reasoning: 0, text: step.call.nameTokens }
  }
}
