import { SealError, type Sealed, type SealingPrivateKey } from './sealing.ts'
import { deriveKey, seal, unseal } from './secret-box.ts'

/** Whose words they are. Both are authenticated: a row copied to another organization or request does not open. */
export interface ContentPlace {
  readonly orgId: string
  readonly requestId: string
}

/** RFC 8410: the private half of X25519 is the last 32 bytes of its DER. */
const PRIVATE_BYTES = 32

/** A key for each organization, made of the proxy's private key: whoever only holds the public half can neither make nor open any of it. */
const keyOf = ({ key }: SealingPrivateKey, orgId: string): Uint8Array =>
  deriveKey(key.export({ format: 'der', type: 'pkcs8' }).subarray(-PRIVATE_BYTES), `content kept for ${orgId}`)

const contextOf = ({ orgId, requestId }: ContentPlace): string => `${orgId} ${requestId}`

/** AES-256-GCM under the newest of the proxy's keys. */
export const sealContent = (
  [newest]: readonly [SealingPrivateKey, ...SealingPrivateKey[]],
  place: ContentPlace,
  plain: Uint8Array,
): Sealed => ({ bytes: seal(plain, keyOf(newest, place.orgId), contextOf(place)), keyId: newest.id })

/** @throws SealError when its key is not held any more, or it was changed, or belongs to another organization or request. */
export const openContent = (
  keys: readonly SealingPrivateKey[],
  place: ContentPlace,
  { bytes, keyId }: Sealed,
): Uint8Array => {
  const holder = keys.find(({ id }) => id === keyId)
  if (holder === undefined) throw new SealError(`sealed for key ${keyId}, which is not held here`)
  const plain = unseal(bytes, keyOf(holder, place.orgId), contextOf(place))
  if (plain === null) throw new SealError('changed since it was sealed, or not sealed for this request')
  return plain
}
