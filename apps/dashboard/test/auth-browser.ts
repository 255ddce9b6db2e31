import { createRequire } from 'node:module'
import { NextRequest } from 'next/server'
import { vi } from 'vitest'
import { handleAuth } from '../src/auth/route-handler.ts'

/** What a browser keeps and sends, as far as signing in goes; it calls the route itself, without a server. */
export interface AuthBrowser {
  readonly cookies: Map<string, string>
  /** Every Set-Cookie line it was sent so far. */
  readonly received: readonly string[]
  readonly get: (path: string) => Promise<Response>
  readonly post: (path: string, form: Readonly<Record<string, string>>) => Promise<Response>
}

// next-auth reads these with `require`, where a mock of modules does not reach.
const nextHeaders = createRequire(import.meta.url)('next/headers') as {
  headers: () => Promise<Headers>
  cookies: () => Promise<NextRequest['cookies']>
}

const PREFIX = '/api/auth/'

export const openAuthBrowser = (origin: string): AuthBrowser => {
  const jar = new Map<string, string>()
  const received: string[] = []

  const keep = (line: string): void => {
    received.push(line)
    const [pair = '', ...attributes] = line.split('; ')
    const name = pair.slice(0, pair.indexOf('='))
    const isOver = attributes.some(
      (attribute) =>
        /^max-age=0$/i.test(attribute) ||
        (/^expires=/i.test(attribute) && Date.parse(attribute.slice(8)) <= Date.now()),
    )
    if (isOver) jar.delete(name)
    else jar.set(name, pair.slice(name.length + 1))
  }

  const send = async (path: string, init: { readonly method: string; readonly body?: string }): Promise<Response> => {
    const url = new URL(path, origin)
    const request = new NextRequest(url, {
      ...init,
      headers: {
        host: url.host,
        'user-agent': 'test browser',
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(init.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin }),
      },
    })
    vi.spyOn(nextHeaders, 'headers').mockResolvedValue(request.headers)
    vi.spyOn(nextHeaders, 'cookies').mockResolvedValue(request.cookies)
    const nextauth = url.pathname.slice(PREFIX.length).split('/')
    const response = await handleAuth(request, { params: Promise.resolve({ nextauth }) })
    for (const line of response.headers.getSetCookie()) keep(line)
    return response
  }

  const get = (path: string) => send(path, { method: 'GET' })
  return {
    cookies: jar,
    received,
    get,
    post: async (path, form) => {
      const { csrfToken } = (await (await get(`${PREFIX}csrf`)).json()) as { csrfToken: string }
      return send(path, { method: 'POST', body: new URLSearchParams({ csrfToken, ...form }).toString() })
    },
  }
}

/** Goes to the provider and comes to where it sends people back; opens nothing yet. */
export const visitProvider = async (browser: AuthBrowser): Promise<URL> => {
  const leaving = await browser.post(`${PREFIX}signin/oidc`, { callbackUrl: '/account', json: 'true' })
  const { url } = (await leaving.json()) as { url: string }
  const back = (await fetch(url, { redirect: 'manual' })).headers.get('location')
  if (back === null) throw new Error(`The provider sent nobody back from ${url}`)
  return new URL(back)
}
