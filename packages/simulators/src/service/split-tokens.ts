import type { Answer } from '../generate/answer.ts'
import { listSteps, tokensOfStep } from '../generate/steps.ts'

/** How the first tokens of an answer divide into reasoning and the rest. */
export function splitTokens(answer: Answer, made: number): { reasoning: number; text: number } {
  const split = { reasoning: 0, text: 0 }
  for (const step of listSteps(answer)) {
    if (split.reasoning + split.text >= made) break
    const tokens = tokensOfStep(step)
    split.reasoning += tokens.reasoning
    split.text += tokens.text
  }
  return split
}
