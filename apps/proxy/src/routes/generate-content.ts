import { isGeminiMethod, readGeminiPath } from './gemini-path.ts'
import type { PaidRoute } from './route.ts'

/** Gemini's format: model and streaming are in the URL. */
export const generateContent: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1beta/models/{model}:generateContent',
  matches: isGeminiMethod(['generateContent', 'streamGenerateContent']),
  open: ({ dialects }, path) => {
    const { model = '', method = '' } = readGeminiPath(path) ?? {}
    return {
      kind: 'chat',
      endpoint: 'generate-content',
      dialect: dialects.gemini,
      added: { model, stream: method === 'streamGenerateContent' },
    }
  },
}
