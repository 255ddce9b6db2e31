import { open, parseSealingPrivateKeys, seal, SealError, type SealingPrivateKey } from '@atpar/crypto/sealing'
import { findContentsUnderOthers } from '@atpar/db/kept-contents'
import type { Pool } from '@atpar/db/pool'
import { countBootsWithoutSealingKey, listSealed, reseal, type SealedSecret } from '@atpar/db/sealed-credentials'

/** Where the private sealing keys are kept, newest first, as text. */
export interface SealingKeyStore {
  read(): string
  /** Whole or not at all; null where a person keeps them. */
  readonly write: ((keys: string) => void) | null
}

interface RotationInput {
  /** As the proxy's role. */
  readonly pool: Pool
  readonly store: SealingKeyStore
  readonly newKey: () => string
  readonly log: (line: string) => void
}

const PAGE_SIZE = 200

/**
 * Adds a key, seals every credential for it and opens each again under it alone. May be stopped anywhere and run again: the key is kept before
 * anything is sealed for it, each row changes in one statement, and the old key opens what is not reached yet. @returns whether all is done.
 */
export const rotateSealingKey = async (input: RotationInput): Promise<boolean> => {
  const { pool, store, log } = input
  if (parseSealingPrivateKeys(store.read()).length === 1 && !addKey(input)) return false
  const keys = parseSealingPrivateKeys(store.read())
  const [newest] = keys
  const strangers = await countBootsWithoutSealingKey(pool, newest.id)
  if (strangers > 0) {
    log(
      `The new key is ${newest.id}. ${strangers === 1 ? 'One running proxy does' : `${strangers} running proxies do`} not hold it yet: restart (npm stop, npm start), then run this again. Nothing was sealed for it.`,
    )
    return false
  }
  const moved = await moveAll(input, keys)
  const unopened = await findUnopened(pool, [newest])
  for (const { credentialId, orgId } of unopened)
    log(`Credential ${credentialId} of organization ${orgId} does not open under the new key.`)
  log(`${moved} credentials sealed for key ${newest.id}; ${unopened.length} do not open under it.`)
  if (unopened.length === 0 && keys.length > 1)
    log('Every credential opens under it. Drop the old key by: npm run operate -- rotate-sealing-key --drop-old')
  return unopened.length === 0
}

interface DropInput extends Omit<RotationInput, 'newKey'> {
  /** Contents that only an old key opens are given up. */
  readonly losesContents: boolean
}

/** Forgets every key but the newest, once nothing needs them. @returns whether they are forgotten. */
export const dropOldSealingKeys = async ({ pool, store, log, losesContents }: DropInput): Promise<boolean> => {
  const [newest, ...old] = parseSealingPrivateKeys(store.read())
  if (old.length === 0) {
    log('There is no old key.')
    return true
  }
  const unopened = await findUnopened(pool, [newest])
  if (unopened.length > 0) {
    log(`${unopened.length} credentials do not open under the newest key alone. Run rotate-sealing-key again first.`)
    return false
  }
  const kept = await findContentsUnderOthers(pool, [newest.id])
  if (kept !== null) {
    const what = `What was said in ${kept.contents === 1 ? '1 request' : `${kept.contents} requests`} is kept under an old key`
    if (!losesContents) {
      log(
        `${what} and could never be read again. The last of it is gone by itself at ${kept.goneAt.toISOString()}: drop the old key then, or give it up now by: npm run operate -- rotate-sealing-key --drop-old --lose-contents`,
      )
      return false
    }
    log(`${what} and cannot be read any more.`)
  }
  if (store.write === null) {
    log(
      `Nothing needs the old key. Leave only the first entry (key ${newest.id}) in SEALING_PRIVATE_KEYS, and restart.`,
    )
    return true
  }
  store.write(store.read().split(',')[0]?.trim() ?? '')
  log(`Dropped ${old.map(({ id }) => id).join(', ')}. Running proxies forget it when they are restarted.`)
  return true
}

const addKey = ({ store, newKey, log }: RotationInput): boolean => {
  if (store.write === null) {
    log(
      'SEALING_PRIVATE_KEYS is set by you: put a new key in front of it, separated by a comma (make one by: openssl rand -hex 32), restart the proxies, then run this again.',
    )
    return false
  }
  store.write(`${newKey()},${store.read()}`)
  return true
}

const moveAll = async (
  { pool, log }: RotationInput,
  keys: readonly [SealingPrivateKey, ...SealingPrivateKey[]],
): Promise<number> => {
  const [newest] = keys
  let moved = 0
  for await (const secret of walk(pool)) {
    if (secret.sealingKeyId === newest.id) continue
    const plain = openOrNull(keys, secret)
    if (plain === null) {
      log(`Credential ${secret.credentialId} opens under none of the keys that are held.`)
      continue
    }
    const sealed = seal(newest.publicKey, contextOf(secret), plain)
    // Never written unless it opens: afterwards there is no other copy.
    open([newest], contextOf(secret), sealed)
    if (await reseal(pool, secret, { sealed: sealed.bytes, sealingKeyId: sealed.keyId })) moved += 1
  }
  return moved
}

const findUnopened = async (pool: Pool, keys: readonly [SealingPrivateKey]): Promise<readonly SealedSecret[]> => {
  const unopened: SealedSecret[] = []
  for await (const secret of walk(pool)) if (openOrNull(keys, secret) === null) unopened.push(secret)
  return unopened
}

/** Every sealed secret, page by page in the order of ids. */
async function* walk(pool: Pool): AsyncGenerator<SealedSecret> {
  let afterId: string | null = null
  for (;;) {
    const page: readonly SealedSecret[] = await listSealed(pool, { afterId, size: PAGE_SIZE })
    yield* page
    afterId = page.at(-1)?.credentialId ?? null
    if (page.length < PAGE_SIZE) return
  }
}

const contextOf = ({ orgId, credentialId, secretVersion }: SealedSecret) => ({
  orgId,
  credentialId,
  version: secretVersion,
})

const openOrNull = (keys: readonly SealingPrivateKey[], secret: SealedSecret): Uint8Array | null => {
  try {
    return open(keys, contextOf(secret), { bytes: secret.sealed, keyId: secret.sealingKeyId })
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}
