import { findProgram } from '../../packages/tooling/src/redis.mjs'
import { LOGS } from './paths.mjs'
import { StartError } from './progress.mjs'
import { captureCommand, runCommand } from './run-command.mjs'
import { join } from 'node:path'

const NAMES = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser']

/** @param {string} binary */
async function isBrowser(binary) {
  // Ubuntu's chromium-browser is a stub that asks for snap: it is there, and it is no browser.
  const { code, output } = await captureCommand(binary, ['--version', '--no-sandbox'])
  return code === 0 && /\d+\.\d+/.test(output)
}

/**
 * A Chromium for browser tests: CHROME_PATH, one on PATH, or Debian's package.
 * @param {(words: string) => void} note
 * @returns {Promise<string>}
 */
export async function ensureChromium(note) {
  const searchPath = process.env['PATH'] ?? ''
  const given = process.env['CHROME_PATH'] ?? findProgram(NAMES, searchPath)
  if (given !== undefined && (await isBrowser(given))) {
    note(given)
    return given
  }
  const apt = findProgram(['apt-get'], searchPath)
  if (apt !== undefined && process.getuid?.() === 0) {
    const logFile = join(LOGS, 'install.log')
    await runCommand(apt, ['update'], { logFile, failure: 'apt-get update failed' })
    await runCommand(apt, ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-liberation'], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      logFile,
      failure: 'Chromium could not be installed by apt-get',
    })
    const installed = findProgram(NAMES, `${searchPath}:/usr/bin`)
    if (installed !== undefined && (await isBrowser(installed))) {
      note('installed by apt-get')
      return installed
    }
  }
  throw new StartError('The browser tests need Chromium: install it, or set CHROME_PATH to a Chromium or Chrome.')
}
