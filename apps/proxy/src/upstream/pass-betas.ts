import type { IncomingHttpHeaders } from 'node:http'

/** What of an `anthropic-beta` header goes to a provider, and what is left out. */
export interface PassedBetas {
  readonly headers: Readonly<Record<string, string>> | null
  readonly dropped: readonly string[]
}

const BETA_HEADER = 'anthropic-beta'

/** Null for none, as nearly all. */
export const betasOf = (headers: IncomingHttpHeaders): string | null => {
  const header = headers[BETA_HEADER]
  return header === undefined ? null : typeof header === 'string' ? header : header.join(',')
}

/** `known` is what the provider's file lists; null for a provider that is asked in another format, where such a header means nothing. */
export const passBetas = (asked: string, known: readonly string[] | null): PassedBetas => {
  const names = [
    ...new Set(
      asked
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  ]
  if (names.length === 0) return { headers: null, dropped: [] }
  if (known === null) return { headers: null, dropped: [BETA_HEADER] }
  const passed = names.filter((name) => known.includes(name))
  return {
    headers: passed.length === 0 ? null : { [BETA_HEADER]: passed.join(',') },
    dropped: names.filter((name) => !known.includes(name)).map((name) => `${BETA_HEADER}.${name}`),
  }
}
