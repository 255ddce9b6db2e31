import NextAuth from 'next-auth'
import type { NextRequest } from 'next/server'
import { readEnv } from '../env.ts'
import { readClient } from './client.ts'
import { createAuthOptions } from './options.ts'

interface RouteContext {
  readonly params: Promise<{ readonly nextauth: string[] }>
}

/** Options are made per request: the session row records the device, and a log-in replaces the session it came with. */
export const handleAuth = (request: NextRequest, context: RouteContext): Promise<Response> => {
  const token = request.cookies.get(readEnv().cookieName)?.value ?? null
  // next-auth's type for this overload is its Pages Router one; the App Router pair is what it documents.
  return NextAuth(
    request as never,
    context as never,
    createAuthOptions({ ...readClient(request.headers), token }),
  ) as Promise<Response>
}
