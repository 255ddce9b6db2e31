import type { EmbeddingsRequest } from '@atpar/core/embeddings'
import { AppError } from '@atpar/core/errors'
import type { TaskEstimate } from '../task-contract.ts'

/** The inputs as text, for formats that take nothing else. @throws AppError `unsupported_parameter` for tokens: only the model they were made for can read them. */
export const requireTexts = ({ inputs }: EmbeddingsRequest): string[] =>
  inputs.map((input) => {
    if (input.kind === 'text') return input.text
    throw new AppError('unsupported_parameter', {
      param: 'input',
      message: 'This model takes text. Arrays of tokens are for the models they were made for; send the text itself.',
    })
  })

/** Tokens a caller made are what they are; text is counted, with nothing between the pieces that could be counted too. */
export const estimateInputs = ({ inputs }: EmbeddingsRequest): TaskEstimate => {
  let tokens = 0
  const texts: string[] = []
  for (const input of inputs) {
    if (input.kind === 'text') texts.push(input.text)
    else tokens += input.tokens.length
  }
  return { text: texts.join(''), units: tokens === 0 ? {} : { input_uncached: tokens } }
}
