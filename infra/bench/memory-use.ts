import { probeEnvOf, readProbe } from './probe.ts'

/** What a probed process holds after a collection of garbage, in bytes. */
export interface MemoryUse {
  readonly rss: number
  /** Objects of JavaScript and the buffers they own. */
  readonly heapAndExternal: number
}

/** To be given to a process that is to be read by `readMemoryUse`. */
export const probeEnv = (file: string): Readonly<Record<string, string>> => probeEnvOf('memory-probe.mjs', file)

/** @throws when the process does not answer. */
export const readMemoryUse = async (pid: number, file: string): Promise<MemoryUse> => {
  const use = JSON.parse(await readProbe(pid, file)) as { rss: number; heapUsed: number; external: number }
  return { rss: use.rss, heapAndExternal: use.heapUsed + use.external }
}
