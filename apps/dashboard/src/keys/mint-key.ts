import type { ApiKeyMode } from '@atpar/core/api-key'
import { generateApiKey, hmacKey, type Pepper } from '@atpar/crypto/api-key'
import type { KeySecret } from '@atpar/db/api-keys'

/** A new key: its text, to be shown once, and what is stored of it. */
export const mintKey = (mode: ApiKeyMode, pepper: Pepper): { readonly text: string; readonly secret: KeySecret } => {
  const { text, publicPrefix, lastFour } = generateApiKey(mode)
  return { text, secret: { hmac: hmacKey(text, pepper.secret), pepperId: pepper.id, publicPrefix, lastFour } }
}
