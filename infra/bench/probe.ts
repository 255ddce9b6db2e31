import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** To be given to a process that is to load one of this folder's probes, which writes into `file` when it is signalled. */
export const probeEnvOf = (probe: string, file: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import ${new URL(`./${probe}?file=${encodeURIComponent(file)}`, import.meta.url).href}`,
})

const PATIENCE_MS = 20_000

/** Signals a probed process and waits for what it writes. @throws when it does not answer. */
export const readProbe = async (pid: number, file: string): Promise<string> => {
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    await sleep(100)
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (text.endsWith('}')) return text
    if (performance.now() > deadline) throw new Error(`process ${pid} does not answer its probe`)
  }
}
