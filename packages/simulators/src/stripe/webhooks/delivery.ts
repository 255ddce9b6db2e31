/** An event on its way to one endpoint. */
export interface Delivery {
  id: string
  eventId: string
  endpointId: string
  /** Tries made so far. */
  attempts: number
  /** Milliseconds on the simulated clock when it is due. */
  dueAt: number
  firstDueAt: number
}

/** One try, as the admin page lists it. */
export interface DeliveryTry {
  eventId: string
  type: string
  endpointId: string
  attempt: number
  /** Real time, ISO 8601. */
  at: string
  /** Null when nothing answered. */
  status: number | null
}

const SECONDS = [10, 60, 300, 900, 3_600, 10_800, 21_600, 43_200]
const THREE_DAYS_MS = 3 * 86_400_000

/** When a refused delivery is tried again; null when Stripe gives up, three days after the first try. */
export function retryAt(delivery: Delivery, nowMs: number): number | null {
  const pause = SECONDS[delivery.attempts - 1] ?? 86_400
  const next = nowMs + pause * 1_000
  return next > delivery.firstDueAt + THREE_DAYS_MS ? null : next
}
