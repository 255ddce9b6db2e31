import { readEnvFile } from './env-file.mjs'
import { findBadValues, findLikelyTypos, VARIABLES } from './env-variables.mjs'
import { inRoot } from './paths.mjs'
import { StartError } from './progress.mjs'

/**
 * What a person set: `.env`, overruled by the environment. Every bad value is reported at once, so that a file with
 * four mistakes takes one correction and not four starts.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {string} [file]
 * @returns {{ values: Readonly<Record<string, string | undefined>>, warnings: string[] }}
 */
export function readSettings(environment = process.env, file = inRoot('.env')) {
  const { values: fromFile, problems } = readEnvFile(file)
  /** @type {Record<string, string | undefined>} */
  const values = {}
  for (const name of Object.keys(VARIABLES)) {
    // An empty line `NAME=` is how `.env.example` shows what could be set: it sets nothing.
    const value = environment[name] ?? fromFile[name]
    if (value !== undefined && value !== '') values[name] = value
  }
  const complaints = [...problems.map((problem) => `.env: ${problem}.`), ...findBadValues(values)]
  if (complaints.length > 0) {
    throw new StartError(
      `These settings cannot be used (.env or environment):\n${complaints.map((line) => `  - ${line}`).join('\n')}`,
    )
  }
  return { values, warnings: findLikelyTypos(Object.keys(fromFile)) }
}
