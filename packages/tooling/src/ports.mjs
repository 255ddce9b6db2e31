import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const LOOPBACK = '127.0.0.1'

/**
 * Whether a plain bind on the port succeeds. Connecting instead would miss a listener that is full or slow,
 * and `reusePort` binds succeed beside another copy of the same service.
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<boolean>}
 */
export function isPortFree(port, host = LOOPBACK) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * The first free port from `preferred` upwards that is not in `taken` (ports promised to others but not bound yet).
 * @param {number} preferred
 * @param {{ host?: string, taken?: ReadonlySet<number> }} [options]
 * @returns {Promise<number>}
 */
export async function findPortFrom(preferred, { host = LOOPBACK, taken = new Set() } = {}) {
  for (let port = preferred; port < Math.min(preferred + 500, 65_536); port += 1) {
    if (!taken.has(port) && (await isPortFree(port, host))) return port
  }
  throw new Error(`No free port between ${preferred} and ${preferred + 499} on ${host}. Free one and try again.`)
}

/** The kernel gives outgoing connections, and whoever asks for any port, those from 32,768 (Linux) or 49,152 up: no one else draws from below. */
const FIRST_RANDOM = 20_000
const AFTER_RANDOM = 32_768
/** @type {Set<number>} */
const promised = new Set()

/**
 * A port that is free, that the kernel gives to nobody meanwhile, and that this process is told once only. A caller who loses it to another process
 * all the same must try again.
 * @param {string} [host]
 * @returns {Promise<number>}
 */
export async function findRandomPort(host = LOOPBACK) {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const port = randomInt(FIRST_RANDOM, AFTER_RANDOM)
    if (promised.has(port)) continue
    promised.add(port)
    if (await isPortFree(port, host)) return port
  }
  throw new Error(`No free port between ${FIRST_RANDOM} and ${AFTER_RANDOM - 1} on ${host}. Free some and try again.`)
}
