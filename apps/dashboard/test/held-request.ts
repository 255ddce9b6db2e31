import { RequestCookies, ResponseCookies } from 'next/dist/server/web/spec-extension/cookies.js'

interface Held {
  /** Set-Cookie lines so far, one for each name. */
  readonly sent: () => readonly string[]
}

let requestHeaders = new Headers()
let requestCookies = new RequestCookies(requestHeaders)
let responseHeaders = new Headers()
let responseCookies = new ResponseCookies(responseHeaders)

/** Begins a request for code that asks Next for its headers and cookies; until the next call. */
export const holdRequest = (given: Readonly<Record<string, string>> = {}): Held => {
  requestHeaders = new Headers({ 'user-agent': 'test browser' })
  requestCookies = new RequestCookies(requestHeaders)
  for (const [name, value] of Object.entries(given)) requestCookies.set(name, value)
  responseHeaders = new Headers()
  responseCookies = new ResponseCookies(responseHeaders)
  return {
    sent: () => responseHeaders.getSetCookie(),
  }
}

type SetCookie = Parameters<ResponseCookies['set']>
type DeleteCookie = Parameters<ResponseCookies['delete']>

/** In place of `next/headers`, by `vi.mock`. */
export const heldHeaders = {
  headers: () => Promise.resolve(requestHeaders),
  cookies: () =>
    Promise.resolve({
      get: (name: string) => requestCookies.get(name),
      getAll: () => requestCookies.getAll(),
      set: (...parameters: SetCookie) => {
        responseCookies.set(...parameters)
        const [first, value = ''] = parameters
        if (typeof first === 'string') requestCookies.set(first, value)
      },
      delete: (...parameters: DeleteCookie) => {
        responseCookies.delete(...parameters)
        const [first] = parameters
        requestCookies.delete(typeof first === 'string' ? first : first.name)
      },
    }),
}

/** Where it sends the browser, or what it answers. */
export const followRedirect = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await work()
  } catch (error) {
    const digest = error instanceof Error && 'digest' in error ? String(error.digest) : ''
    if (!digest.startsWith('NEXT_REDIRECT;')) throw error
    return digest.split(';')[2]
  }
}
