import { cutJson } from '@atpar/core/json-splice'
import type { CallerDialect } from '@atpar/dialects/contract'
import {
  encodeForProvider,
  listEdits,
  listLeftOut,
  listVain,
  type ProviderWish,
} from '../upstream/encode-for-provider.ts'
import { framesOf, meaningOf, outsideOf, type LargeBody } from './meaning.ts'
import { setMediaAside } from './media-aside.ts'
import { holdsMadeUp } from './parse-leanly.ts'

export interface LargeEncoded {
  /** What goes out, in its order: views on the memory that both threads share, and the parts that are new. */
  readonly pieces: readonly Uint8Array[]
  readonly dropped: readonly string[]
}

/** The body for a provider. @throws AppError as the same work on a small body does. */
export const writeChat = (
  body: LargeBody & { readonly dialect: CallerDialect['id'] },
  wish: ProviderWish,
): LargeEncoded => {
  const { bytes, dialect } = body
  if (wish.to === dialect) return passChat(body, wish)
  const aside = setMediaAside()
  const { body: encoded, dropped } = encodeForProvider({ bytes, json: framesOf(body, aside), dialect }, wish)
  return { pieces: typeof encoded === 'string' ? aside.restore(encoded) : [encoded], dropped }
}

/** In the provider's own format: nothing is made of the words of a picture, which stay where they are. */
const passChat = (body: LargeBody, wish: ProviderWish): LargeEncoded => {
  const json = outsideOf(body)
  const vain = listVain(json, wish)
  const dropped = listLeftOut(json, vain)
  const edits = listEdits(json, wish, vain)
  // An edit may repeat a member that it changes: with its words, then.
  const isWhole = !edits.some(({ value }) => value !== undefined && holdsMadeUp(value))
  return { pieces: cutJson(body.bytes, isWhole ? edits : listEdits(meaningOf(body), wish, vain)), dropped }
}
