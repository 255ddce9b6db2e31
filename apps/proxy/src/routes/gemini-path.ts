import { decodeSegment } from '../http/path-segment.ts'

/**
 * Google's SDK calls `/v1beta` or `/v1`, by its version. Vercel's and LangChain's clients take a name with a slash in it (`openai/gpt-5`) for a whole
 * path and leave `models/` out. Ollama's names and our suffixes have a colon of their own: the last one counts.
 */
const PATH = /^\/v1(?:beta)?\/(?:models\/)?(.+):(\w+)$/

/** Model and method of one of Gemini's paths, `models/{model}:{method}`; null for any other. */
export const readGeminiPath = (path: string): { readonly model: string; readonly method: string } | null => {
  const [, model, method] = PATH.exec(path) ?? []
  return model === undefined || method === undefined ? null : { model: decodeSegment(model), method }
}

/** Whether a path has one of these methods. */
export const isGeminiMethod =
  (methods: readonly string[]) =>
  (path: string): boolean => {
    const read = readGeminiPath(path)
    return read !== null && methods.includes(read.method)
  }

/** Whether errors of this path are told in Gemini's format. */
export const isGeminiPath = (path: string): boolean =>
  path.startsWith('/v1beta/') || (path.startsWith('/v1/models/') && path.includes(':'))
