import { ai21 } from './ai21.ts'
import { anthropic } from './anthropic.ts'
import { avian } from './avian.ts'
import { azureOpenai } from './azure-openai.ts'
import { bedrock } from './bedrock.ts'
import { cerebras } from './cerebras.ts'
import { cohere } from './cohere.ts'
import type { Provider } from './contract.ts'
import { custom } from './custom.ts'
import { customAnthropic } from './custom-anthropic.ts'
import { customGemini } from './custom-gemini.ts'
import { dashscope } from './dashscope.ts'
import { deepgram } from './deepgram.ts'
import { deepinfra } from './deepinfra.ts'
import { deepseek } from './deepseek.ts'
import { elevenlabs } from './elevenlabs.ts'
import { fireworks } from './fireworks.ts'
import { gemini } from './gemini.ts'
import { groq } from './groq.ts'
import { huggingface } from './huggingface.ts'
import { hyperbolic } from './hyperbolic.ts'
import { jina } from './jina.ts'
import { llamaCpp } from './llama-cpp.ts'
import { lmStudio } from './lm-studio.ts'
import { minimax } from './minimax.ts'
import { mistral } from './mistral.ts'
import { moonshot } from './moonshot.ts'
import { nebius } from './nebius.ts'
import { novita } from './novita.ts'
import { nvidiaNim } from './nvidia-nim.ts'
import { ollama } from './ollama.ts'
import { ollamaNative } from './ollama-native.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { ovhcloud } from './ovhcloud.ts'
import { perplexity } from './perplexity.ts'
import { sambanova } from './sambanova.ts'
import { siliconflow } from './siliconflow.ts'
import { together } from './together.ts'
import { vertexAnthropic } from './vertex-anthropic.ts'
import { vertex } from './vertex.ts'
import { vllm } from './vllm.ts'
import { voyage } from './voyage.ts'
import { xai } from './xai.ts'
import { zhipu } from './zhipu.ts'

/** Every provider the catalogue may offer models at. Adding one = its file and a line here. */
export const PROVIDERS: readonly Provider[] = [
  openai,
  anthropic,
  gemini,
  bedrock,
  vertex,
  vertexAnthropic,
  azureOpenai,
  deepseek,
  dashscope,
  groq,
  xai,
  moonshot,
  cerebras,
  together,
  fireworks,
  mistral,
  perplexity,
  zhipu,
  minimax,
  ai21,
  sambanova,
  nvidiaNim,
  huggingface,
  deepinfra,
  novita,
  siliconflow,
  hyperbolic,
  nebius,
  avian,
  ovhcloud,
  cohere,
  voyage,
  jina,
  openrouter,
  elevenlabs,
  deepgram,
  ollama,
  ollamaNative,
  vllm,
  llamaCpp,
  lmStudio,
  custom,
  customAnthropic,
  customGemini,
]

const BY_ID: ReadonlyMap<string, Provider> = new Map(PROVIDERS.map((provider) => [provider.id, provider]))

export const findProvider = (id: string): Provider | undefined => BY_ID.get(id)
