import { unstable_rethrow } from 'next/navigation'
import { AppError } from '@atpar/core/errors'
import { readDeps } from './deps.ts'
import type { FormState } from './ui/form-state.ts'

/** Runs an action's work; an expected failure becomes the form's message, anything else is logged once and named without detail. */
export const runAction = async <State extends FormState>(
  name: string,
  work: () => Promise<State>,
): Promise<State | FormState> => {
  try {
    return await work()
  } catch (error) {
    // Redirects and not-found travel as exceptions.
    unstable_rethrow(error)
    if (error instanceof AppError) return { status: 'failed', message: error.message }
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
