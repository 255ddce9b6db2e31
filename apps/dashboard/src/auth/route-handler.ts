import NextAuth from 'next-auth'
import type { NextRequest } from 'next/server'
import { readEnv } from '../env.ts'
import { readClient } from './client.ts'
import { createAuthOptions } from './options.ts'

interface RouteContext {
  readonly params: Promise<{ readonly nextauth: string[] }>
}

/** A form of another site may not sign anybody in or out. Browsers send the header with every POST; what is no browser needs no such guard. */
const isFromElsewhere = (request: NextRequest): boolean => {
  const origin = request.headers.get('origin')
  return request.method === 'POST' && origin !== null && origin !== new URL(readEnv().dashboardUrl).origin
}

/** Options are made per request: the session row records the device, and a log-in replaces the session it came with. */
export const handleAuth = async (request: NextRequest, context: RouteContext): Promise<Response> => {
  if (isFromElsewhere(request)) return new Response('This request came from another site.', { status: 403 })
  const token = request.cookies.get(readEnv().cookieName)?.value ?? null
  // next-auth's type for this overload is its Pages Router one; the App Router pair is what it documents.
  return NextAuth(
    request as never,
    context as never,
    createAuthOptions({ client: readClient(request.headers), token }),
  ) as Promise<Response>
}
