import type { CustomCatalogue } from '@atpar/core/custom-models'
import { layerSnapshot } from '@atpar/core/layered-snapshot'
import type { Snapshot } from '@atpar/core/snapshot'
import type { OwnCredentials } from './credential-cache.ts'

/** Made once for each organization that has any, and forgotten with its catalogue or ours. */
const layered = new WeakMap<CustomCatalogue, { readonly base: Snapshot; readonly over: Snapshot }>()

/** The catalogue as one organization sees it: the same for everybody but those with models of their own. */
export const snapshotFor = (base: Snapshot, own: OwnCredentials | null): Snapshot => {
  const catalogue = own?.catalogue ?? null
  if (catalogue === null) return base
  const known = layered.get(catalogue)
  if (known?.base === base) return known.over
  const over = layerSnapshot(base, catalogue)
  layered.set(catalogue, { base, over })
  return over
}
