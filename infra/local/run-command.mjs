import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { signalGroup } from '../../packages/tooling/src/process-groups.mjs'
import { StartError } from './progress.mjs'

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {Readonly<Record<string, string | undefined>>} [env] the whole environment of the command
 * @property {string} [logFile] where its output is kept
 * @property {boolean} [isShown] whether its output is shown while it runs
 * @property {string} [failure] what could not be done, in words, when it fails
 */

/**
 * Runs a command to its end, whatever that is, in its own process group so that an interrupt ends all of it.
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {Omit<CommandOptions, 'failure'>} [options]
 * @returns {Promise<{ output: string, code: number | null, signal: string | null }>}
 */
export function captureCommand(command, parameters, { cwd, env = process.env, logFile, isShown = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const stop = () => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGTERM')
    }
    process.once('exit', stop)
    let output = ''
    if (logFile !== undefined) mkdirSync(dirname(logFile), { recursive: true })
    const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' })
    /** @param {Buffer} bytes */
    const collect = (bytes) => {
      output += bytes.toString()
      log?.write(bytes)
      if (isShown) process.stdout.write(bytes)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const finish = () => {
      process.off('exit', stop)
      log?.end()
    }
    child.once('error', (error) => {
      finish()
      reject(new StartError(`${command} could not be run: ${error.message}`, { cause: error }))
    })
    child.once('close', (code, signal) => {
      finish()
      resolve({ output, code, signal })
    })
  })
}

/**
 * Runs a command that has to succeed.
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {CommandOptions} [options]
 * @returns {Promise<string>} what it printed
 */
export async function runCommand(command, parameters, { failure = 'A command failed', ...options } = {}) {
  const { output, code, signal } = await captureCommand(command, parameters, options)
  if (code === 0) return output
  const lastLines = output.trimEnd().split('\n').slice(-25).join('\n')
  const how = code === null ? `was ended by ${signal}` : `ended with code ${code}`
  throw new StartError(`${failure}: ${command} ${parameters.join(' ')} ${how}.\n${lastLines}`)
}
