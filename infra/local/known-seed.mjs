// Property tests of `npm test` draw from one known seed: whether a change is sound must not depend on luck. A search for
// more is one command away (`TEST_SEED=7 npm test`), and a package's own `vitest run` draws anew each time.
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'

const { testPath } = expect.getState()

// Only for those who use it: loading the library takes longer than most test files.
if (testPath !== undefined && readFileSync(testPath, 'utf8').includes("from 'fast-check'")) {
  const { configureGlobal } = await import('fast-check')
  configureGlobal({ seed: Number(process.env['TEST_SEED'] ?? 20_261_122) })
}
