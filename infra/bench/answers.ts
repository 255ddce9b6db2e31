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

const PICTURE_BYTES = 19_900_000

/** Nearly the most a body may be, nearly all of it one string. */
export const pictureBody = (bytes = PICTURE_BYTES): string =>
  JSON.stringify({
    model: REQUESTED_MODEL,
    max_tokens: 256,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is in this picture?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${picture(bytes)}` } },
        ],
      },
    ],
  })

/** The same in Anthropic's format. */
export const anthropicPictureBody = (): string =>
  JSON.stringify({
    model: REQUESTED_MODEL,
    max_tokens: 256,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is in this picture?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture(PICTURE_BYTES) } },
        ],
      },
    ],
  })

const picture = (bytes: number): string => 'iVBORw0KGgoAAAAN'.repeat(bytes / 16)

/** OpenAI's limit of inputs, and the length of the vectors of its small model. */
const TEXTS = 2_048
const DIMENSIONS = 1_536
const EMBEDDING_MODEL = 'text-embedding-3-small'

/** As many texts as fit one request, a page each: 6 MB. */
export const textsBody = (): string =>
  JSON.stringify({
    model: EMBEDDING_MODEL,
    input: Array.from({ length: TEXTS }, (_, index) => `${index}. ${WORDS.join(' ')} `.repeat(22)),
    encoding_format: 'float',
  })

let vectors: Buffer | null = null

/** Their vectors as numbers: what an SDK without base64 gets, and the longest answer there is. Built when it is first asked for. */
export const vectorsAnswer = (): Buffer => {
  vectors ??= Buffer.from(
    JSON.stringify({
      object: 'list',
      data: Array.from({ length: TEXTS }, (_, index) => ({
        object: 'embedding',
        index,
        embedding: Array.from({ length: DIMENSIONS }, (__, at) =>
          Number(((((index + at) * 7_919) % 20_011) / 20_011).toFixed(9)),
        ),
      })),
      model: EMBEDDING_MODEL,
      usage: { prompt_tokens: 1_000_000, total_tokens: 1_000_000 },
    }),
  )
  return vectors
}
