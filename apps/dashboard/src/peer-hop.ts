import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'

/** https://nodejs.org/api/diagnostics_channel.html#event-httpserverrequeststart */
const REQUEST_START = 'http.server.request.start'

/**
 * Appends the connection's own address to X-Forwarded-For, as any proxy does. Next shows a route handler headers and no socket, and takes the
 * header over from the caller when there is one: without this hop nobody could tell what the caller wrote from what is true.
 */
export const appendPeerHop = (): void => {
  subscribe(REQUEST_START, (message) => {
    const { headers, socket } = (message as { readonly request: IncomingMessage }).request
    const written = headers['x-forwarded-for']
    const peer = socket.remoteAddress ?? 'unknown'
    headers['x-forwarded-for'] = written === undefined ? peer : `${[written].flat().join(', ')}, ${peer}`
  })
}
