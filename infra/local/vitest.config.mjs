import { inRoot } from './paths.mjs'

/** How `npm test` runs vitest. */
export default { root: inRoot('.'), test: { setupFiles: [inRoot('infra', 'local', 'known-seed.mjs')] } }
