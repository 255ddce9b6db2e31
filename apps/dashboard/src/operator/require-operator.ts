import { notFound } from 'next/navigation'
import { AppError } from '@atpar/core/errors'
import { requireUser } from '../auth/guard.ts'
import type { Session } from '../auth/session.ts'

/** For pages: to everybody but the platform's staff they do not exist. */
export const requireOperator = async (): Promise<Session> => {
  const session = await requireUser()
  return session.isOperator ? session : notFound()
}

/** For what they do on them. @throws AppError forbidden */
export const requireOperatorId = async (): Promise<string> => {
  const session = await requireUser()
  if (!session.isOperator) throw new AppError('forbidden')
  return session.userId
}
