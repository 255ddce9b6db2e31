'use client'

import { signIn } from 'next-auth/react'

export type OpenSessionResult = 'opened' | 'refused' | 'throttled' | 'unavailable'

/** Logs in through next-auth, which sets the session cookie. */
export const openSession = async (email: string, password: string): Promise<OpenSessionResult> => {
  const answer = await signIn('credentials', { email, password, redirect: false })
  if (answer?.ok === true && !answer.error) return 'opened'
  if (answer?.error === 'throttled') return 'throttled'
  return answer?.error === 'CredentialsSignin' ? 'refused' : 'unavailable'
}

export const OPEN_SESSION_MESSAGES: Record<Exclude<OpenSessionResult, 'opened'>, string> = {
  refused: 'That e-mail address and password do not match.',
  throttled: 'Too many attempts. Wait a few minutes, then try again.',
  unavailable: 'Logging in does not work right now. Your details may be right: try again in a moment.',
}
