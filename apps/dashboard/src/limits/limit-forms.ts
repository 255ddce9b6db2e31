import { readList, readText } from '../form-fields.ts'

/** What was typed, as the acts want it. Whether it makes sense they say themselves. */

/** "$1,000.50" → "1000.50" */
export const readAmountText = (form: FormData, name: string): string =>
  readText(form, name)
    .replace(/^\$/, '')
    .replaceAll(/[,_\s]/g, '')

const readNumber = (form: FormData, name: string): number | null => {
  const typed = readAmountText(form, name)
  return typed === '' ? null : Number(typed)
}

const readOptional = (form: FormData, name: string): string | null => {
  const typed = readText(form, name)
  return typed === '' ? null : typed
}

const readThresholds = (form: FormData): readonly number[] =>
  readList(form, 'softThresholds').map((part) => Number(part.replace(/%$/, '')))

/** What of a budget can be changed later. */
export const readBudgetChange = (form: FormData) => ({
  limit: readAmountText(form, 'limit'),
  hard: readText(form, 'hard') !== 'soft',
  softThresholds: readThresholds(form),
})

export const readNewBudget = (form: FormData) => {
  const timeZone = readOptional(form, 'timeZone')
  return {
    ...readBudgetChange(form),
    unit: readText(form, 'unit'),
    period: readText(form, 'period'),
    modelId: readOptional(form, 'modelId'),
    tag: readOptional(form, 'tag'),
    ...(timeZone === null ? {} : { timeZone }),
  }
}

export const readRateLimit = (form: FormData) => ({
  requestsPerMinute: readNumber(form, 'requestsPerMinute'),
  tokensPerMinute: readNumber(form, 'tokensPerMinute'),
  concurrency: readNumber(form, 'concurrency'),
  modelId: readOptional(form, 'modelId'),
  tag: readOptional(form, 'tag'),
})
