export interface Snippet {
  readonly id: string
  readonly label: string
  readonly code: string
}

export interface SnippetInput {
  readonly proxyUrl: string
  readonly apiKey: string
  readonly model: string
}

/** The same first call in three languages, ready to paste: onboarding and the quickstart show these. */
export const firstCallSnippets = ({ proxyUrl, apiKey, model }: SnippetInput): readonly Snippet[] => [
  {
    id: 'curl',
    label: 'curl',
    code: `curl ${proxyUrl}/v1/chat/completions \\
  -H "Authorization: Bearer ${apiKey}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Say hello"}]}'`,
  },
  {
    id: 'python',
    label: 'Python',
    code: `from openai import OpenAI

client = OpenAI(
    base_url="${proxyUrl}/v1",
    api_key="${apiKey}",
)
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Say hello"}],
)
print(answer.choices[0].message.content)`,
  },
  {
    id: 'typescript',
    label: 'TypeScript',
    code: `import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: '${proxyUrl}/v1',
  apiKey: '${apiKey}',
})
const answer = await client.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: 'Say hello' }],
})
console.log(answer.choices[0]?.message.content)`,
  },
]
