// `npm run prove -- <name> [--quick] [--seed N]`: measures what an area promises, on throw-away stores, a line per figure.
import { ensureRedis } from './redis-binary.mjs'
import { complain } from './progress.mjs'
import { runWorkspaceScript } from './run-workspace-script.mjs'

try {
  const redis = await ensureRedis(() => {})
  await runWorkspaceScript('infra/prove/main.ts', {
    // What is proven starts Redis servers of its own and looks for them on PATH.
    PATH: `${redis.binary.replace(/\/[^/]+$/, '')}:${process.env['PATH']}`,
    ...(redis.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: redis.libraryPath }),
  })
} catch (error) {
  complain(error)
  process.exitCode = 1
}
