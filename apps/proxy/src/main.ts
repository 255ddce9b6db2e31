import { EnvError } from '@atpar/config/read-env'
import { isForkedSlot, readProxyEnv } from './env.ts'
import { forkProcesses } from './processes.ts'
import { runProxy } from './run-proxy.ts'

const start = async (): Promise<(signal: NodeJS.Signals) => Promise<void>> => {
  const env = readProxyEnv()
  if (env.PROXY_PROCESSES > 1 && !isForkedSlot()) return forkProcesses(env.PROXY_PROCESSES, env.PROXY_ID).stop
  const proxy = await runProxy(env)
  return proxy.stop
}

try {
  const stop = await start()
  const end = (signal: NodeJS.Signals): void => {
    stop(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
        process.exit(1)
      },
    )
  }
  // `on`, not `once`: a second signal (a process group gets one from its terminal and one from its parent) must not end the drain that the first began.
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  // One of several: without the parent nobody would start it again or stop it.
  process.once('disconnect', () => end('SIGTERM'))
} catch (error) {
  process.stderr.write(
    `${error instanceof EnvError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  process.exit(1)
}
