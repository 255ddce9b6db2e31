import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a probed process holds after a collection of garbage, in bytes. */
export interface MemoryUse {
  readonly rss: number
  /** Objects of JavaScript and the buffers they own. */
  readonly heapAndExternal: number
}

/** To be given to a process that is to be read by `readMemoryUse`. */
export const probeEnv = (file: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import ${new URL(`./memory-probe.mjs?file=${encodeURIComponent(file)}`, import.meta.url).href}`,
})

const PATIENCE_MS = 20_000

/** @throws when the process does not answer. */
export const readMemoryUse = async (pid: number, file: string): Promise<MemoryUse> => {
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    await sleep(100)
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (text.endsWith('}')) {
      const use = JSON.parse(text) as { rss: number; heapUsed: number; external: number }
      return { rss: use.rss, heapAndExternal: use.heapUsed + use.external }
    }
    if (performance.now() > deadline) throw new Error(`process ${pid} does not answer the memory probe`)
  }
}
