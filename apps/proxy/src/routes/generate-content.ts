import { AppError } from '@atpar/core/errors'
import type { Deps } from '../deps.ts'
import { decodeSegment } from '../http/path-segment.ts'
import { infer, type RouteRequest } from './infer.ts'

/**
 * Google's SDK calls `/v1beta` or `/v1`, by its version. Vercel's and LangChain's clients take a name with a slash in it (`openai/gpt-5`) for a whole
 * path and leave `models/` out. Ollama's names and our suffixes have a colon of their own: the last one counts.
 */
const PATH = /^\/v1(?:beta)?\/(?:models\/)?(.+):(generateContent|streamGenerateContent)$/

/** Whether a path is one of Gemini's methods: `models/{model}:{method}`. */
export const isGeminiPath = (path: string): boolean =>
  path.startsWith('/v1beta/') || (path.startsWith('/v1/models/') && path.includes(':'))

/** `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`, Gemini's format: model and streaming are in the URL. */
export const generateContent = (deps: Deps, request: RouteRequest, path: string): Promise<void> => {
  const match = PATH.exec(path)
  const model = match?.[1]
  if (match === null || model === undefined)
    throw new AppError('not_implemented', {
      message: `POST ${path} is not offered. Use :generateContent or :streamGenerateContent.`,
    })
  const stream = match[2] === 'streamGenerateContent'
  return infer(
    deps,
    {
      kind: 'chat',
      endpoint: 'generate-content',
      dialect: deps.dialects.gemini,
      complete: (json) => ({ ...json, model: decodeSegment(model), stream }),
    },
    request,
  )
}
