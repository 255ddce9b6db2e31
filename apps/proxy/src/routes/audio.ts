import { mediaCallers } from '@atpar/dialects/media-registry'
import type { FormLimits } from '../http/multipart.ts'
import type { PaidRoute } from './route.ts'

/** https://platform.openai.com/docs/guides/speech-to-text: 25 MB a file. */
const RECORDING: FormLimits = {
  bodyBytes: 26 * 1024 * 1024,
  fileBytes: 25 * 1024 * 1024,
  files: 1,
  fields: 40,
  fieldBytes: 64 * 1024,
}

/** OpenAI's format. */
export const speak: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/audio/speech',
  open: () => ({ kind: 'media', endpoint: 'audio.speech', dialect: mediaCallers.speech, form: null }),
}

/** Likewise: a form with one recording. */
export const transcribe: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/audio/transcriptions',
  open: () => ({
    kind: 'media',
    endpoint: 'audio.transcriptions',
    dialect: mediaCallers.transcriptions,
    form: RECORDING,
  }),
}

/** Likewise, into English. */
export const translate: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/audio/translations',
  open: () => ({ kind: 'media', endpoint: 'audio.translations', dialect: mediaCallers.translations, form: RECORDING }),
}
