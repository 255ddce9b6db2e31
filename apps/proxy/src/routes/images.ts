import { mediaCallers } from '@atpar/dialects/media-registry'
import type { FormLimits } from '../http/multipart.ts'
import type { PaidRoute } from './route.ts'

/** https://platform.openai.com/docs/api-reference/images/createEdit: up to sixteen pictures of 50 MB each; together no more than two such. */
const PICTURES: FormLimits = {
  bodyBytes: 100 * 1024 * 1024,
  fileBytes: 50 * 1024 * 1024,
  files: 17,
  fields: 40,
  fieldBytes: 64 * 1024,
}

/** OpenAI's format. */
export const generateImages: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/images/generations',
  open: () => ({ kind: 'media', endpoint: 'images.generations', dialect: mediaCallers.images, form: null }),
}

/** Likewise: a form with the pictures to start from. */
export const editImages: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/images/edits',
  open: () => ({ kind: 'media', endpoint: 'images.edits', dialect: mediaCallers.edits, form: PICTURES }),
}
