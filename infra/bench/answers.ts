/** What the bench's upstream answers: OpenAI's format, the size of an ordinary short reply, built once. */

const WORDS =
  'A gateway that bills at par has to be cheap to run, so every microsecond of it is measured against a bare proxy in the same run.'.split(
    ' ',
  )
const MODEL = 'gpt-4o-mini-2024-07-18'
const CREATED = 1_763_769_600

export const WHOLE_ANSWER = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: CREATED,
  model: MODEL,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: WORDS.join(' '), refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 42,
    completion_tokens: 27,
    total_tokens: 69,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  service_tier: 'default',
  system_fingerprint: 'fp_bench',
})

const chunk = (fields: object): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: CREATED, model: MODEL, service_tier: 'default', system_fingerprint: 'fp_bench', ...fields })}\n\n`

export const STREAM_START = chunk({
  choices: [{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }],
})
export const streamEvent = (index: number): string =>
  chunk({
    choices: [
      { index: 0, delta: { content: ` ${WORDS[index % WORDS.length] ?? ''}` }, logprobs: null, finish_reason: null },
    ],
  })
export const streamEnd = (events: number): string =>
  chunk({ choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }] }) +
  chunk({
    choices: [],
    usage: {
      prompt_tokens: 42,
      completion_tokens: events,
      total_tokens: 42 + events,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  }) +
  'data: [DONE]\n\n'

/** The caller's request: ~700 bytes, as an agent's short turn is. */
export const requestBody = (options: {
  readonly model: string
  readonly stream: boolean
  readonly events: number
}): string =>
  JSON.stringify({
    model: options.model,
    messages: [
      {
        role: 'system',
        content:
          'You are the assistant of a finance team. Answer in two sentences, name your sources, and never guess a figure that you were not given. '
            .repeat(2)
            .trim(),
      },
      { role: 'user', content: `Summarise why the cost per request matters for a gateway. events=${options.events}` },
    ],
    temperature: 0.2,
    max_tokens: 256,
    ...(options.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  })

/** What callers of the bench ask for. */
export const REQUESTED_MODEL = 'gpt-4o-mini'

/** The same question in Anthropic's format. */
export const anthropicBody = (events: number): string =>
  JSON.stringify({
    model: REQUESTED_MODEL,
    max_tokens: 256,
    stream: true,
    system:
      'You are the assistant of a finance team. Answer in two sentences, name your sources, and never guess a figure that you were not given. '
        .repeat(2)
        .trim(),
    messages: [{ role: 'user', content: `Summarise why the cost per request matters for a gateway. events=${events}` }],
  })
