import { findPortFrom, isPortFree } from '../../packages/tooling/src/ports.mjs'
import { lastPorts } from './run-file.mjs'
import { StartError } from './progress.mjs'

/** Where each part would like to be, and the variable that sets it. */
const WISHES = /** @type {const} */ ([
  ['dashboard', 3000, 'DASHBOARD_PORT'],
  ['proxy', 8080, 'PROXY_PORT'],
  ['simulators', 8090, 'SIMULATORS_PORT'],
  ['mail', 8025, 'SMTP_PORT'],
  ['worker', 8100, undefined],
  ['shipper', 8110, undefined],
  ['postgres', 54_320, undefined],
  ['redis', 63_790, undefined],
])

/**
 * A port for every part: the one that was asked for or nothing, else the one of the last run or the usual one, else
 * the next free.
 * @param {Readonly<Record<string, string | undefined>>} settings
 * @param {string} host
 * @returns {Promise<{ ports: Record<string, number>, moved: string[] }>}
 */
export async function choosePorts(settings, host) {
  const last = lastPorts()
  /** @type {Record<string, number>} */
  const ports = {}
  const moved = []
  /** @type {Set<number>} */
  const taken = new Set()
  for (const [name, usual, variable] of WISHES) {
    const bindHost = name === 'dashboard' || name === 'proxy' ? host : '127.0.0.1'
    const asked = variable === undefined ? undefined : settings[variable]
    if (asked !== undefined) {
      if (taken.has(Number(asked)) || !(await isPortFree(Number(asked), bindHost))) {
        throw new StartError(`Port ${asked}, which ${variable} asks for, is taken. Free it or choose another.`)
      }
      ports[name] = Number(asked)
    } else {
      const kept = last[name]
      const isKept = kept !== undefined && !taken.has(kept) && (await isPortFree(kept, bindHost))
      ports[name] = isKept ? kept : await findPortFrom(usual, { host: bindHost, taken })
      if (ports[name] !== usual && variable !== undefined) {
        moved.push(
          isKept ? `${name} stays on port ${ports[name]}` : `port ${usual} is taken: ${name} is on ${ports[name]}`,
        )
      }
    }
    taken.add(ports[name])
  }
  return { ports, moved }
}
