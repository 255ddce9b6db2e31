import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { StartError } from './progress.mjs'

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {Readonly<Record<string, string | undefined>>} [env] the whole environment of the command
 * @property {string} [logFile] where its output is kept
 * @property {string} [failure] what could not be done, in words, when it fails
 */

/**
 * Runs a command to its end, in its own process group so that an interrupt ends all of it.
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {CommandOptions} [options]
 * @returns {Promise<string>} what it printed
 */
export function runCommand(command, parameters, { cwd, env = process.env, logFile, failure } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const stop = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    }
    process.once('exit', stop)
    let output = ''
    if (logFile !== undefined) mkdirSync(dirname(logFile), { recursive: true })
    const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' })
    /** @param {Buffer} bytes */
    const collect = (bytes) => {
      output += bytes.toString()
      log?.write(bytes)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => {
      process.off('exit', stop)
      log?.end()
      reject(new StartError(`${failure ?? 'A command could not be run'}: ${command}: ${error.message}`, { cause: error }))
    })
    child.once('close', (code, signal) => {
      process.off('exit', stop)
      log?.end()
      if (code === 0) {
        resolve(output)
        return
      }
      const lastLines = output.trimEnd().split('\n').slice(-25).join('\n')
      const how = code === null ? `was ended by ${signal}` : `ended with code ${code}`
      reject(new StartError(`${failure ?? 'A command failed'}: ${command} ${parameters.join(' ')} ${how}.\n${lastLines}`))
    })
  })
}
