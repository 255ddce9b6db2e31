import { containsCidr, parseCidr } from './cidr.ts'

/** What can be called with a key, by the names that a key's scope and the usage records use. */
export const ENDPOINTS = [
  'chat.completions',
  'messages',
  'generate-content',
  'responses',
  'completions',
  'embeddings',
  'embed-content',
  'rerank',
  'moderations',
  'images.generations',
  'images.edits',
  'audio.speech',
  'audio.transcriptions',
  'audio.translations',
  'realtime',
] as const
export type Endpoint = (typeof ENDPOINTS)[number]

/** What a key may be used for. An empty list allows everything of its kind. */
export interface KeyScope {
  readonly allowedModels: readonly string[]
  readonly allowedEndpoints: readonly string[]
  readonly allowedRoutes: readonly string[]
  /** CIDRs. */
  readonly allowedCidrs: readonly string[]
  /** Null = it does not expire. */
  readonly expiresAtMs: number | null
}

/** Of someone whom nothing narrows. */
export const WIDEST_SCOPE: KeyScope = {
  allowedModels: [],
  allowedEndpoints: [],
  allowedRoutes: [],
  allowedCidrs: [],
  expiresAtMs: null,
}

/** The first field in which `wanted` reaches further than `granter`; null when it is within. Nobody hands out more than they have. */
export const scopeBeyond = (wanted: KeyScope, granter: KeyScope): keyof KeyScope | null => {
  if (!isSubset(wanted.allowedModels, granter.allowedModels)) return 'allowedModels'
  if (!isSubset(wanted.allowedEndpoints, granter.allowedEndpoints)) return 'allowedEndpoints'
  if (!isSubset(wanted.allowedRoutes, granter.allowedRoutes)) return 'allowedRoutes'
  if (!areNetworksWithin(wanted.allowedCidrs, granter.allowedCidrs)) return 'allowedCidrs'
  if (granter.expiresAtMs !== null && (wanted.expiresAtMs ?? Infinity) > granter.expiresAtMs) return 'expiresAtMs'
  return null
}

const isSubset = (wanted: readonly string[], granted: readonly string[]): boolean =>
  granted.length === 0 || (wanted.length > 0 && wanted.every((name) => granted.includes(name)))

const areNetworksWithin = (wanted: readonly string[], granted: readonly string[]): boolean => {
  if (granted.length === 0) return true
  const outer = granted.map(parseCidr)
  return (
    wanted.length > 0 &&
    wanted.every((text) => {
      const inner = parseCidr(text)
      return inner !== null && outer.some((network) => network !== null && containsCidr(network, inner))
    })
  )
}
