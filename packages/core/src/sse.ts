/** One server-sent event, decoded. `event` is '' when the field was absent. */
export interface SseEvent {
  readonly event: string
  readonly data: string
}
