import { appendFileSync, readFileSync } from 'node:fs'

import type { ProviderId } from './providers.ts'

/** Disjoint token counts, in the buckets a provider has a price for. */
export interface BookUsage {
  input_uncached: number
  cache_read: number
  cache_write_5m: number
  cache_write_1h: number
  output_text: number
  output_reasoning: number
  /** Of calls for pictures and sounds only. */
  cache_read_audio?: number
  audio_in?: number
  audio_out?: number
  image_in?: number
  image_out?: number
  seconds?: number
  characters?: number
  images?: number
  searches?: number
  /** Of calls that are counted and nothing else. */
  requests?: number
}

export type BookEnding = 'complete' | 'client_aborted' | 'error' | 'truncated'

/** What a provider would put on its bill for one request that reached it. */
export interface BookEntry {
  /** Dense and rising within one run of the simulators. */
  number: number
  provider: ProviderId
  providerRequestId: string
  /** Null when the request was refused before its model was known. */
  model: string | null
  endpoint: string
  streamed: boolean
  /** ISO 8601, UTC. */
  startedAt: string
  endedAt: string | null
  /** HTTP status sent, null while nothing was. */
  status: number | null
  usage: BookUsage
  /** `open` while the answer is being made. */
  ending: BookEnding | 'open'
  billable: boolean
  /** Whether the final counts were written to a caller who was still there. */
  finalUsageSent: boolean
  /** The request's `x-client-request-id`. */
  callerRequestId: string | null
  /** SHA-256 of the key it came with, in hexadecimal; null without one. Books hold no key. */
  keySha256: string | null
  /** Top-level fields of the request that the real provider does not know: a caller's own vocabulary leaking through. */
  unknownFields: readonly string[]
}

export interface BookOpening {
  provider: ProviderId
  providerRequestId: string
  endpoint: string
  callerRequestId: string | null
  keySha256: string | null
}

export type BookClosing = Pick<BookEntry, 'status' | 'usage' | 'billable' | 'finalUsageSent'> & {
  ending: BookEnding
}

export interface Books {
  begin: (opening: BookOpening) => BookEntry
  finish: (entry: BookEntry, closing: BookClosing) => void
  /** Copies, oldest first; `since` is a time, inclusive. */
  entries: (filter?: { since?: Date }) => BookEntry[]
  clear: () => void
  /** Entries whose answer is still on its way. */
  countOpen: () => number
  /** Entries forgotten because there were more than fit. An oracle with a hole must say so. */
  countDropped: () => number
  /** Writes what is still waiting to the file, if there is one. */
  flush: () => void
}

export const NO_USAGE: Readonly<BookUsage> = {
  input_uncached: 0,
  cache_read: 0,
  cache_write_5m: 0,
  cache_write_1h: 0,
  output_text: 0,
  output_reasoning: 0,
}

/** Books in memory and, with `filePath`, appended there as one JSON line at an entry's start and one at its end. */
export function createBooks(options: { filePath?: string; maxEntries: number; now: () => Date }): Books {
  let entries: BookEntry[] = []
  let dropped = 0
  let lastNumber = 0
  let open = 0
  let waiting: string[] = []

  function flush(): void {
    if (waiting.length === 0 || options.filePath === undefined) return
    const lines = waiting.join('')
    waiting = []
    appendFileSync(options.filePath, lines)
  }

  function record(entry: BookEntry): void {
    if (options.filePath === undefined) return
    if (waiting.length === 0) setImmediate(flush)
    waiting.push(`${JSON.stringify(entry)}\n`)
  }

  function forgetOldest(): void {
    const surplus = entries.length - options.maxEntries
    entries = entries.slice(surplus)
    dropped += surplus
  }

  return {
    begin: (opening) => {
      lastNumber += 1
      open += 1
      const entry: BookEntry = {
        number: lastNumber,
        provider: opening.provider,
        providerRequestId: opening.providerRequestId,
        model: null,
        endpoint: opening.endpoint,
        streamed: false,
        startedAt: options.now().toISOString(),
        endedAt: null,
        status: null,
        usage: NO_USAGE,
        ending: 'open',
        billable: false,
        finalUsageSent: false,
        callerRequestId: opening.callerRequestId,
        keySha256: opening.keySha256,
        unknownFields: [],
      }
      entries.push(entry)
      // Trimming in large steps keeps the cost per request constant.
      if (entries.length > options.maxEntries * 1.25) forgetOldest()
      record(entry)
      return entry
    },
    finish: (entry, closing) => {
      if (entry.ending !== 'open') return
      open -= 1
      Object.assign(entry, closing)
      entry.endedAt = options.now().toISOString()
      record(entry)
    },
    entries: (filter) => {
      const since = filter?.since?.toISOString() ?? ''
      return entries
        .filter((entry) => entry.startedAt >= since)
        .map((entry) => ({ ...entry, usage: { ...entry.usage } }))
    },
    clear: () => {
      entries = []
      dropped = 0
    },
    countOpen: () => open,
    countDropped: () => dropped,
    flush,
  }
}

/** The entries of a books file as they last stood, oldest first. */
export function readBooksFile(path: string): BookEntry[] {
  const byId = new Map<string, BookEntry>()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    const entry = JSON.parse(line) as BookEntry
    byId.set(entry.providerRequestId, entry)
  }
  return [...byId.values()]
}

/** Sums the buckets of what is billable. */
export function sumBillableUsage(entries: readonly BookEntry[]): BookUsage {
  const total: BookUsage = { ...NO_USAGE }
  for (const { usage, billable } of entries) {
    if (!billable) continue
    for (const bucket of Object.keys(usage) as (keyof BookUsage)[])
      total[bucket] = (total[bucket] ?? 0) + (usage[bucket] ?? 0)
  }
  return total
}
