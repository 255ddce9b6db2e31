import type { WebSocket } from 'ws'

/** Bytes waiting at one end before the other is asked to wait, and at which it may go on. */
const FULL_BYTES = 1024 * 1024
const LOW_BYTES = 256 * 1024

/** Sends a message on; where the receiver is slower than the sender, the sender waits. */
export const passOn = (text: string, { from, to }: { readonly from: WebSocket; readonly to: WebSocket }): void => {
  if (to.readyState !== to.OPEN) return
  to.send(text, () => {
    if (from.isPaused && to.bufferedAmount <= LOW_BYTES) from.resume()
  })
  if (to.bufferedAmount > FULL_BYTES && !from.isPaused) from.pause()
}
