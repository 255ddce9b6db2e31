import { inRoot } from './paths.mjs'

/** How `npm test` runs vitest. A limit of time is there to end what hangs, and tells nothing of a machine that is busy: no test is held to vitest's own five seconds. */
export default {
  root: inRoot('.'),
  test: { setupFiles: [inRoot('infra', 'local', 'known-seed.mjs')], testTimeout: 30_000, hookTimeout: 60_000 },
}
