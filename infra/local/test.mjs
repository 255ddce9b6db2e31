// `npm test`: every check and every test, the same that CI runs. The last line is `N passed, N failed, N skipped`.
import { relative } from 'node:path'
import { buildDashboard, generateClient } from './build.mjs'
import { ensureChromium } from './chromium-binary.mjs'
import { runGates } from './gates.mjs'
import { installPackages } from './install.mjs'
import { inRoot, ROOT } from './paths.mjs'
import { complain, say, step } from './progress.mjs'
import { ensureRedis } from './redis-binary.mjs'
import { listFiles } from './source-files.mjs'
import { createSupervisor, lastLogLines } from './supervise.mjs'
import { startTestStores } from './test-stores.mjs'
import { runTests, stageOf } from './vitest-stage.mjs'

const total = { passed: 0, failed: 0, skipped: 0 }

/** @type {(() => Promise<void> | void)[]} */
const cleanups = []
let isEnding = false

/** @param {Partial<typeof total>} counts */
function add({ passed = 0, failed = 0, skipped = 0 }) {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}

async function end() {
  if (isEnding) return
  isEnding = true
  for (const cleanUp of cleanups.toReversed()) {
    try {
      await cleanUp()
    } catch (error) {
      complain(error)
      total.failed += 1
    }
  }
  say(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
}

async function runAll() {
  const node = await step('Packages', installPackages)
  await step('Database client', (note) => generateClient(node, note))
  const redis = await step('Redis', async (note) => {
    const found = await ensureRedis(note)
    note(found.origin)
    return found
  })
  const chromium = await step('Chromium', ensureChromium)

  say('\nGates')
  add(await runGates(node))

  const files = ['apps', 'packages', 'prisma', 'infra']
    .flatMap((folder) => listFiles(inRoot(folder)))
    .map((file) => relative(ROOT, file))
  /** @param {import('./vitest-stage.mjs').Stage} stage */
  const filesOf = (stage) => files.filter((file) => stageOf(file) === stage)

  say('\nUnit tests')
  add(await runTests({ node, files: filesOf('unit'), env: {}, workers: 2 }))

  say('\nIntegration tests')
  const supervisor = createSupervisor(({ name, how }) => {
    say(`\n${name} ${how} during the tests.\n${lastLogLines(name)}`)
    add({ failed: 1 })
  })
  cleanups.push(() => supervisor.stop())
  const stores = await startTestStores(redis, supervisor)
  cleanups.unshift(stores.remove)
  const env = {
    TEST_DATABASE_URL: stores.databaseUrl,
    TEST_REDIS_URL: stores.redisUrl,
    CHROME_PATH: chromium,
    // Tests that start a Redis of their own look for it on PATH.
    PATH: `${redis.binary.replace(/\/[^/]+$/, '')}:${process.env['PATH']}`,
    ...(redis.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: redis.libraryPath }),
  }
  add(await runTests({ node, files: filesOf('integration'), env, workers: 2 }))

  // One at a time: each runs a product of its own, and two would be watching each other's load.
  say('\nWhole-system tests')
  add(await runTests({ node, files: filesOf('system'), env, workers: 1 }))

  say('\nBrowser tests')
  await step('Dashboard build', (note) => buildDashboard(node, note))
  add(await runTests({ node, files: filesOf('browser'), env, workers: 1 }))

  // In CI the one command has to find nothing on the machine: a Redis that is there hides a missing install step.
  say('\nThe one command')
  const bare = process.env['CI'] === 'true' && process.platform === 'linux' ? { ATPAR_IGNORE_SYSTEM: '1' } : {}
  add(await runTests({ node, files: filesOf('command'), env: { ...env, ...bare }, workers: 1 }))
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    total.failed += 1
    void end()
  })
}

try {
  await runAll()
} catch (error) {
  if (!isEnding) {
    complain(error)
    total.failed += 1
  }
}
await end()
