import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { KeptContent } from '@atpar/core/kept-content'
import type { SealedContent } from '@atpar/db/kept-contents'

/** One request whose words are to be kept. */
export interface ContentItem {
  readonly orgId: string
  readonly requestId: string
  readonly holderId: string
  /** About what it holds in memory until it is written. */
  readonly bytes: number
  readonly describe: () => Promise<KeptContent>
}

export interface ContentQueue {
  /** Never waits and never fails: what there is no room for is counted and let go. */
  add(item: ContentItem): void
  /** Resolves when all that was added is written or given up, or `timeoutMs` have passed. */
  drain(timeoutMs: number): Promise<void>
}

export interface ContentQueueDeps {
  readonly seal: (
    place: Pick<ContentItem, 'orgId' | 'requestId'>,
    plain: Uint8Array,
  ) => Pick<SealedContent, 'sealed' | 'sealingKeyId'>
  readonly write: (contents: readonly SealedContent[]) => Promise<unknown>
  /** `dropped` = no room; `failed` = not readable, or not written after several tries. */
  readonly count: (result: 'kept' | 'dropped' | 'failed', contents: number) => void
  /** Never with words of the content. */
  readonly warn: (event: string, fields: Readonly<Record<string, unknown>>) => void
  readonly wait: (ms: number) => Promise<void>
}

/** Of what waits in memory: a database that is away for a moment loses nothing, one that stays away costs no more than this. */
const MOST_ITEMS = 1_000
const MOST_BYTES = 32 * 1024 * 1024
const BATCH = 32
const TRY_AGAIN_AFTER_MS = [250, 1_000, 4_000]

const pack = promisify(gzip)

/** Reads, seals and writes content beside the requests it comes from, one at a time, with a turn of the event loop between. */
export const createContentQueue = (deps: ContentQueueDeps): ContentQueue => {
  const waiting: ContentItem[] = []
  let items = 0
  let bytes = 0
  let running: Promise<void> | null = null

  const describe = async (item: ContentItem): Promise<SealedContent | null> => {
    // Whoever is being answered goes first.
    await new Promise(setImmediate)
    try {
      const packed = await pack(Buffer.from(JSON.stringify(await item.describe())))
      const { orgId, requestId, holderId } = item
      return { orgId, requestId, holderId, ...deps.seal(item, packed) }
    } catch (error) {
      // The message of a parser repeats what it could not read.
      deps.warn('content-unreadable', {
        requestId: item.requestId,
        error: error instanceof Error ? error.name : 'unknown',
      })
      return null
    }
  }

  const write = async (contents: readonly SealedContent[]): Promise<void> => {
    for (const waitMs of [...TRY_AGAIN_AFTER_MS, null])
      try {
        await deps.write(contents)
        deps.count('kept', contents.length)
        return
      } catch (error) {
        deps.warn('content-unwritten', {
          contents: contents.length,
          error: error instanceof Error && 'code' in error ? String(error.code) : 'unknown',
        })
        if (waitMs === null) deps.count('failed', contents.length)
        else await deps.wait(waitMs)
      }
  }

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH)
      const sealed: SealedContent[] = []
      for (const item of batch) {
        const content = await describe(item)
        if (content === null) deps.count('failed', 1)
        else sealed.push(content)
      }
      if (sealed.length > 0) await write(sealed)
      items -= batch.length
      for (const item of batch) bytes -= item.bytes
    }
    running = null
  }

  return {
    add: (item) => {
      if (items >= MOST_ITEMS || bytes + item.bytes > MOST_BYTES) {
        deps.count('dropped', 1)
        return
      }
      items += 1
      bytes += item.bytes
      waiting.push(item)
      running ??= run()
    },
    drain: async (timeoutMs) => {
      if (running !== null) await Promise.race([running, deps.wait(timeoutMs)])
    },
  }
}
