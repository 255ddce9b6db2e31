/** Where an official client is pointed. */
export interface ClientStage {
  readonly proxyUrl: string
  readonly key: string
}

/** One thing a developer does with an official client, unchanged but for its base URL and key. Throws when it does not get what it should. */
export interface ClientCase {
  readonly client: string
  readonly what: string
  /** At which models it is played, one for each format of providers unless only one can do it. */
  readonly models: readonly string[]
  play(stage: ClientStage, model: string): Promise<void>
}

/** Of three makers, so that two of three answers are converted, whoever asks. */
export const MODELS = ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash'] as const

export const TOKENS = 9
export const PROMPT = `Say something nice. [[sim:{"tokens":${TOKENS}}]]`
export const TOOL_PROMPT = 'What is the weather in Oslo? [[sim:{"tool":"get_weather"}]]'
export const WEATHER = 'Sunny, 21 degrees.'

export const WEATHER_SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
}
