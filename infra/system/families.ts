import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'

/** One model of each family the product promises by name. */
export const FAMILIES = [
  'gpt-4o-mini',
  'claude-sonnet-5',
  'gemini-2.5-flash',
  'deepseek-chat',
  'qwen-plus',
  'llama-3.3-70b',
] as const

const TOKENS = 9
const PROMPT = `Say something nice. [[sim:{"tokens":${TOKENS}}]]`

export interface FamilyReport {
  readonly asked: number
  readonly right: number
  readonly wrong: readonly string[]
}

/** Asks every family through both official clients, whole and streamed, and checks text and usage. */
export const askEveryFamily = async (proxyUrl: string, key: string): Promise<FamilyReport> => {
  const openai = new OpenAI({ baseURL: `${proxyUrl}/v1`, apiKey: key })
  const anthropic = new Anthropic({ baseURL: proxyUrl, apiKey: key })
  const wrong: string[] = []
  let asked = 0
  const judge = (what: string, seen: { readonly text: string; readonly tokens: number | undefined }): void => {
    asked += 1
    if (seen.text.length < 5 || seen.tokens !== TOKENS)
      wrong.push(`${what}: ${seen.text.length} characters, ${seen.tokens ?? 'no'} tokens`)
  }
  for (const model of FAMILIES) {
    const whole = await openai.chat.completions.create({ model, messages: [{ role: 'user', content: PROMPT }] })
    judge(`openai ${model}`, { text: whole.choices[0]?.message.content ?? '', tokens: whole.usage?.completion_tokens })
    judge(`openai ${model} streamed`, await readOpenAiStream(openai, model))
    const message = await anthropic.messages.create({
      model,
      max_tokens: 100,
      messages: [{ role: 'user', content: PROMPT }],
    })
    judge(`anthropic ${model}`, readMessage(message))
    judge(
      `anthropic ${model} streamed`,
      readMessage(
        await anthropic.messages
          .stream({ model, max_tokens: 100, messages: [{ role: 'user', content: PROMPT }] })
          .finalMessage(),
      ),
    )
  }
  return { asked, right: asked - wrong.length, wrong }
}

const readMessage = (message: Anthropic.Message): { readonly text: string; readonly tokens: number } => ({
  text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
  tokens: message.usage.output_tokens,
})

const readOpenAiStream = async (
  openai: OpenAI,
  model: string,
): Promise<{ readonly text: string; readonly tokens: number | undefined }> => {
  const stream = await openai.chat.completions.create({
    model,
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: PROMPT }],
  })
  let text = ''
  let tokens: number | undefined
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    tokens = chunk.usage?.completion_tokens ?? tokens
  }
  return { text, tokens }
}
