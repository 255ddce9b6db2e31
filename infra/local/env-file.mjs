import { existsSync, readFileSync } from 'node:fs'

/**
 * Reads `NAME=value` lines: `#` comments, an optional `export`, single or double quotes (double ones know \n).
 * Nothing is expanded: a `$` in a password is a `$`.
 * @param {string} text
 * @returns {{ values: Record<string, string>, problems: string[] }}
 */
export function parseEnvFile(text) {
  /** @type {Record<string, string>} */
  const values = {}
  /** @type {string[]} */
  const problems = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(trimmed)
    if (match === null) {
      problems.push(`line ${index + 1} is not NAME=value`)
      continue
    }
    const [, name = '', raw = ''] = match
    const quoted = /^(["'])(.*)\1(?:\s+#.*)?$/.exec(raw)
    if (quoted === null) values[name] = raw.replace(/\s+#.*$/, '').trim()
    else values[name] = quoted[1] === '"' ? (quoted[2] ?? '').replaceAll('\\n', '\n') : (quoted[2] ?? '')
  }
  return { values, problems }
}

/** @param {string} path */
export function readEnvFile(path) {
  return existsSync(path) ? parseEnvFile(readFileSync(path, 'utf8')) : { values: {}, problems: [] }
}
