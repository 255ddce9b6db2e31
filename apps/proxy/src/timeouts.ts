/** Upstream deadlines (gateway.md, Failover). Also the basis of hold deadlines, so that no hold ends before its call. */
export const FIRST_BYTE_TIMEOUT_MS = 30_000
/** Reasoning models think before their first byte. */
export const REASONING_FIRST_BYTE_TIMEOUT_MS = 120_000
/** Pictures and long recordings take minutes, and say nothing meanwhile. */
export const MEDIA_FIRST_BYTE_TIMEOUT_MS = 300_000
/** A local model may have to be loaded from disk first. */
export const LOCAL_FIRST_BYTE_TIMEOUT_MS = 300_000
export const IDLE_TIMEOUT_MS = 60_000
export const TOTAL_TIMEOUT_MS = 15 * 60_000
/** How long an answer nobody waits for any more is read to its end, for the sake of the exact bill. */
export const DRAIN_TIMEOUT_MS = 60_000
