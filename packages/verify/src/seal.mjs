import { createHash } from 'node:crypto'

/** @param {string} text */
export const sha256 = (text) => createHash('sha256').update(text).digest('hex')

const SEAL_START = '"seal": ['
/** Hexadecimal digits of each line's hash that are kept. */
export const CHECK_DIGITS = 16

/**
 * Which lines of a JSON file are not what they were when it was written: its last entry is a hash of every line before it. Looked at as text, so
 * that a file that is no JSON any more still says where.
 * @param {string} name
 * @param {string} text
 * @returns {string[]}
 */
export function findBrokenSeals(name, text) {
  const lines = text.split('\n')
  const sealedBy = lines.findIndex((line) => line.startsWith(SEAL_START))
  if (sealedBy === -1) return [`${name}: it has no seal, so it is not a file of an evidence bundle`]
  const seal = lines[sealedBy]?.match(/"[^"]*"/g)?.slice(1) ?? []
  const findings = lines
    .slice(0, sealedBy)
    .flatMap((line, index) =>
      seal[index] === `"${sha256(line).slice(0, CHECK_DIGITS)}"`
        ? []
        : [`${name} line ${index + 1}: altered (or its seal in line ${sealedBy + 1} was): ${shorten(line)}`],
    )
  if (seal.length !== sealedBy)
    findings.push(`${name} line ${sealedBy + 1}: ${seal.length} seals for ${sealedBy} lines`)
  if (lines.slice(sealedBy + 1).join('\n') !== '}\n')
    findings.push(`${name} line ${sealedBy + 2}: something follows the seal`)
  return findings
}

/** @param {string} line */
const shorten = (line) => (line.length > 80 ? `${line.slice(0, 77)}...` : line)
