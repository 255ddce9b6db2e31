import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 250

/** Asks until it is so. @throws after `timeoutMs`, saying what was waited for. */
export const waitFor = async (what: string, timeoutMs: number, isSo: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + timeoutMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await sleep(POLL_MS)
  }
}
