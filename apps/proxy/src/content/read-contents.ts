import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { KeptContent } from '@atpar/core/kept-content'
import { openContent } from '@atpar/crypto/content-seal'
import type { SealingPrivateKey } from '@atpar/crypto/sealing'
import type { SealedContent } from '@atpar/db/kept-contents'
import type { Logger } from '@atpar/observability/logger'

type Found = Omit<SealedContent, 'orgId' | 'holderId'>

const unpack = promisify(gunzip)
/** A request and an answer of the longest that are kept, in JSON. */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024

/** Opens what was kept: nobody else can. What no key here opens is left out and said in the log, by its id. */
export const createContentReader =
  ({
    keys,
    find,
    log,
  }: {
    readonly keys: readonly SealingPrivateKey[]
    readonly find: (orgId: string, requestIds: readonly string[]) => Promise<readonly Found[]>
    readonly log: Pick<Logger, 'warn'>
  }) =>
  async (orgId: string, requestIds: readonly string[]): Promise<ReadonlyMap<string, KeptContent>> => {
    const opened = new Map<string, KeptContent>()
    for (const { requestId, sealed, sealingKeyId } of await find(orgId, requestIds))
      try {
        const packed = openContent(keys, { orgId, requestId }, { bytes: sealed, keyId: sealingKeyId })
        const plain = await unpack(packed, { maxOutputLength: MAX_UNPACKED_BYTES })
        opened.set(requestId, JSON.parse(plain.toString('utf8')) as KeptContent)
      } catch (error) {
        log.warn('content-unopened', { requestId, error: error instanceof Error ? error.name : 'unknown' })
      }
    return opened
  }
