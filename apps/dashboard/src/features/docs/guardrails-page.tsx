import { DocsFrame } from './docs-frame.tsx'
import { InlineMarkdown } from './inline-markdown.tsx'

const RULES = [
  [
    'Personal data',
    'E-mail addresses, phone numbers with a country, payment cards, IBANs, US social security numbers.',
  ],
  ['Credentials', 'API keys of the common providers, JSON web tokens, private keys.'],
  ['Prompt injection', 'Known phrases that override instructions or ask for them. A hint, no proof; requests only.'],
  ['Blocked terms', 'Your own words and phrases, whole and in any case.'],
  ['Bounds', 'Models, parameters, the length of answers, how long answers are kept.'],
] as const

const ENDPOINTS = [
  [
    '/v1/chat/completions, /v1/completions, /v1/messages, /v1/responses, generateContent',
    'Messages, instructions, arguments and results of tools, prompt and suffix. Not: names, definitions of tools, pictures, sounds and files.',
    'Text, thinking, refusals, arguments of tools; whole or streamed.',
  ],
  [
    '/v1/responses with previous_response_id',
    'What is sent now. What the provider keeps was looked through when it was sent.',
    'As above. GET of a kept response is looked through as well.',
  ],
  ['/v1/messages/count_tokens, countTokens, input_tokens', 'As the request that is counted.', 'A number.'],
  ['/v1/embeddings, embedContent', 'Every input. Numbers of tokens in place of text are refused.', 'Numbers.'],
  ['/v1/rerank, /v1/moderations', 'Query, documents, input.', 'Scores; documents come back as they were sent on.'],
  ['/v1/images/generations, /v1/images/edits', 'The prompt. Not: pictures.', 'The revised prompt.'],
  ['/v1/audio/speech', 'Input and instructions.', 'A sound cannot be read.'],
  [
    '/v1/audio/transcriptions, translations',
    'The prompt. Not: the sound.',
    'The transcript and its segments. Streaming it is refused while answers are looked through.',
  ],
  [
    '/v1/realtime',
    'Sound cannot be read: refused with 403 while a rule blacks out or refuses, or bounds answers below 4,096 tokens.',
    'Likewise.',
  ],
] as const

/** What guardrails look at, endpoint by endpoint. */
export const GuardrailsDocsPage = () => (
  <DocsFrame current="/docs/guardrails">
    <h1 className="text-2xl font-semibold tracking-tight">Guardrails</h1>
    <p className="mt-2 leading-relaxed text-muted">
      <InlineMarkdown text="A guardrail says what requests may hold, for the organization, a team, a member or a key. Of all levels above a key the stricter rule wins. Admins set them under **Settings, Guardrails** or with the management API (`/api/v1/guardrails`); they bind every proxy within seconds." />
    </p>
    <section className="prose-doc mt-8">
      <h2>What is looked for</h2>
      {RULES.map(([name, what]) => (
        <p key={name}>
          <InlineMarkdown text={`**${name}.** ${what}`} />
        </p>
      ))}
      <p>
        <InlineMarkdown text="Each is **noted** on the record, **blacked out** (`[email]` in its place, before anything leaves for a provider) or **refused** with 403 `guardrail_blocked`. The record names the rule and how often, never what was found. A request that is refused costs nothing." />
      </p>
      <h2>Answers</h2>
      <p>
        Where a guardrail looks through answers, a stream is held back to the end of the word, and longer only while
        something that is looked for may be on its way: nothing that is blacked out or withheld leaves in part. Such a
        stream is written anew in your format, without log probabilities and fields we do not know.
      </p>
      <p>
        <InlineMarkdown text="An answer that must not be given ends with `answer_withheld`: 403 for a whole one, the last event of a stream. The provider wrote it, so it is billed once, like any other." />
      </p>
    </section>
    <section className="mt-8">
      <h2 className="text-lg font-semibold">Endpoint by endpoint</h2>
      <ul className="mt-3 divide-y rounded-xl border bg-surface text-[13px] leading-relaxed">
        {ENDPOINTS.map(([endpoint, request, answer]) => (
          <li key={endpoint} className="px-5 py-4">
            <p className="font-mono text-xs leading-relaxed break-words">{endpoint}</p>
            <dl className="mt-2 grid gap-x-8 gap-y-2 sm:grid-cols-2">
              <div>
                <dt className="text-muted">In the request</dt>
                <dd>{request}</dd>
              </div>
              <div>
                <dt className="text-muted">In the answer</dt>
                <dd>{answer}</dd>
              </div>
            </dl>
          </li>
        ))}
      </ul>
    </section>
  </DocsFrame>
)
