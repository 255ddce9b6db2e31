import { unstable_rethrow } from 'next/navigation'
import { AppError } from '@atpar/core/errors'
import { readDeps } from './deps.ts'
import type { FormState } from './ui/form-state.ts'

/** An act names the input at fault in front of the sentence, for callers without a form. */
const atField = (error: AppError, fields: readonly string[]): FormState => {
  const field = error.param?.split('.')[0] ?? ''
  if (!fields.includes(field)) return { status: 'failed', message: error.message, code: error.code }
  return { status: 'failed', fields: { [field]: error.message.replace(`${error.param ?? ''}: `, '') } }
}

/** Runs an action's work; an expected failure becomes the form's message, anything else is logged once and named without detail. */
export const runAction = async <State extends FormState>(
  name: string,
  work: () => Promise<State>,
  /** Inputs the form shows: a failure of one of them is said there. */
  fields: readonly string[] = [],
): Promise<State | FormState> => {
  try {
    return await work()
  } catch (error) {
    // Redirects and not-found travel as exceptions.
    unstable_rethrow(error)
    if (error instanceof AppError) return atField(error, fields)
    readDeps().log.error('action-failed', {
      action: name,
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    return {
      status: 'failed',
      message: 'Something went wrong on our side. Nothing was changed; try again in a moment.',
    }
  }
}
