import { geminiImagesProvider } from './images/gemini.ts'
import { openaiImageEditsCaller, openaiImagesCaller } from './images/openai-caller.ts'
import { openaiImagesProvider } from './images/openai.ts'
import type { MediaProvider, MediaProviderId } from './media-contract.ts'
import { elevenlabsSpeechProvider } from './speech/elevenlabs.ts'
import { openaiSpeechCaller } from './speech/openai-caller.ts'
import { openaiSpeechProvider } from './speech/openai.ts'
import { deepgramListenProvider } from './transcriptions/deepgram.ts'
import { openaiTranscriptionsCaller, openaiTranslationsCaller } from './transcriptions/openai-caller.ts'
import { openaiTranscriptionsProvider } from './transcriptions/openai.ts'

/** By the endpoint that speaks them. */
export const mediaCallers = {
  images: openaiImagesCaller,
  edits: openaiImageEditsCaller,
  speech: openaiSpeechCaller,
  transcriptions: openaiTranscriptionsCaller,
  translations: openaiTranslationsCaller,
} as const

export const mediaProviders: Readonly<Record<MediaProviderId, MediaProvider>> = {
  'openai-images': openaiImagesProvider,
  'openai-speech': openaiSpeechProvider,
  'openai-transcriptions': openaiTranscriptionsProvider,
  'gemini-images': geminiImagesProvider,
  'elevenlabs-speech': elevenlabsSpeechProvider,
  'deepgram-listen': deepgramListenProvider,
}
