import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { SseEvent } from '@atpar/core/sse'
import type { MediaEvent } from './media-contract.ts'

/** Says nothing, as comments and events of unknown types do. */
export const SILENT_EVENT: MediaEvent = {
  sound: null,
  text: '',
  hasPicture: false,
  usage: null,
  isLast: false,
  problem: null,
}

/** The JSON of an event; null for what is none. */
export const parseEvent = ({ data }: SseEvent): JsonObject | null =>
  data === '' || data === '[DONE]' ? null : parseJsonObject(data)
