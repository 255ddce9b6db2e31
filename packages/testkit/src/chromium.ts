import { findProgram } from '@atpar/tooling/redis'
import { type Browser, chromium } from 'playwright-core'
import { testEnvironment } from './env.ts'

/** Quiet, without a sandbox (tests run as root in containers) and without a word to the outside. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function findChromium(): string {
  const path =
    testEnvironment.chromePath ??
    findProgram(['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'], testEnvironment.searchPath)
  if (path === undefined)
    throw new Error('No Chromium found. Run the tests by `npm test`, which brings one, or set CHROME_PATH.')
  return path
}

/** A browser with a fresh profile. Close it in `afterAll`. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: FLAGS })
}
