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

/**
 * A port the kernel picked. It is free now; a caller that loses it to another process before binding must try again.
 * @param {string} [host]
 * @returns {Promise<number>}
 */
export function findRandomPort(host = LOOPBACK) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port: 0, host, exclusive: true }, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') {
        reject(new Error('The kernel gave no port number.'))
        return
      }
      server.close(() => resolve(address.port))
    })
  })
}
