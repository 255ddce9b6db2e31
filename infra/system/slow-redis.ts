import { connect, createServer, type Socket } from 'node:net'

/** A wire between clients and a store that can be made slow (bytes arrive late, the connection stays up) or cut. */
export interface SlowWire {
  readonly port: number
  /** Where Redis is, seen through it. */
  readonly url: string
  /** Of everything sent from now on, in both directions together. */
  setDelayMs(delayMs: number): void
  /** Ends every connection and lets none in, until `mend`. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

export const startSlowWire = (target: { readonly port: number }): Promise<SlowWire> => {
  let delayMs = 0
  let isCut = false
  const sockets = new Set<Socket>()
  const forward = (from: Socket, to: Socket): void => {
    from.on('data', (bytes) => {
      if (delayMs === 0) to.write(bytes)
      else setTimeout(() => to.write(bytes), delayMs / 2)
    })
    from.on('close', () => to.destroy())
    from.on('error', () => to.destroy())
  }
  const server = createServer((client) => {
    if (isCut) {
      client.destroy()
      return
    }
    const upstream = connect(target.port, '127.0.0.1')
    sockets.add(client).add(upstream)
    forward(client, upstream)
    forward(upstream, client)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') throw new TypeError('the wire has no port')
      resolve({
        port: address.port,
        url: `redis://127.0.0.1:${address.port}`,
        setDelayMs: (ms) => {
          delayMs = ms
        },
        cut: () => {
          isCut = true
          for (const socket of sockets) socket.destroy()
          sockets.clear()
        },
        mend: () => {
          isCut = false
        },
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy()
            server.close(() => done())
          }),
      })
    })
  })
}
