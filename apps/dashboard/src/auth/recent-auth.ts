import { AppError } from '@atpar/core/errors'
import { readDeps } from '../deps.ts'
import { requireUser } from './guard.ts'
import type { Session } from './session.ts'

const RECENT_MS = 5 * 60_000

export const isRecent = (provedAtMs: number | null): boolean =>
  provedAtMs !== null && readDeps().nowMs() - provedAtMs <= RECENT_MS

/**
 * For acts that an open browser alone must not be enough for: begin the action with it, inside `runAction`, and give the form the hook
 * `useGuardedAction`, which asks and then repeats the action. @throws AppError reauthentication_required
 */
export const requireRecentAuth = async (): Promise<Session> => {
  const session = await requireUser()
  if (!isRecent(session.reauthenticatedAtMs)) throw new AppError('reauthentication_required')
  return session
}
