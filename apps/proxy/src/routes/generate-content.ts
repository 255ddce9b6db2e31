import { AppError } from '@atpar/core/errors'
import type { Deps } from '../deps.ts'
import { infer, type RouteRequest } from './infer.ts'

const PATH = /^\/v1beta\/models\/([^/:]+(?:\/[^/:]+)*):(generateContent|streamGenerateContent)$/

/** `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`, Gemini's format: model and streaming are in the URL. */
export const generateContent = (deps: Deps, request: RouteRequest, path: string): Promise<void> => {
  const match = PATH.exec(path)
  const model = match?.[1]
  if (match === null || model === undefined) throw new AppError('not_implemented', { message: `POST ${path} is not offered. Use :generateContent or :streamGenerateContent.` })
  const stream = match[2] === 'streamGenerateContent'
  return infer(deps, { endpoint: 'generate-content', dialect: deps.dialects.gemini, complete: (json) => ({ ...json, model: decodeURIComponent(model), stream }) }, request)
}
