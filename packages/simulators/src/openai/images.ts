import { z } from 'zod'

import { firstIssue } from '../generate/read-body.ts'
import { countTextTokens } from '../generate/tokens.ts'
import { fieldOf, readForm, refuseStrangers, type Form } from '../media/read-form.ts'
import { paint } from '../media/pictures.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import { parseJson } from '../service/parse-json.ts'
import type { MediaAnswer, MediaRequest } from '../service/serve-media.ts'

const FIELDS = new Set(
  'prompt model n quality response_format size style user background moderation output_compression output_format partial_images stream input_fidelity'.split(
    ' ',
  ),
)

const schema = z.looseObject({
  prompt: z.string().min(1).max(32_000),
  model: z.string().default('dall-e-2'),
  n: z.int().min(1).max(10).default(1),
  quality: z.enum(['standard', 'hd', 'low', 'medium', 'high', 'auto']).default('auto'),
  size: z.string().default('auto'),
  response_format: z.enum(['url', 'b64_json']).default('url'),
  output_format: z.enum(['png', 'jpeg', 'webp']).default('png'),
  stream: z.boolean().default(false),
  partial_images: z.int().min(0).max(3).default(0),
})
type ImageBody = z.infer<typeof schema>

/** Output tokens of one picture, https://platform.openai.com/docs/guides/image-generation#cost-and-latency */
const OUTPUT_TOKENS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  low: { '1024x1024': 272, '1024x1536': 408, '1536x1024': 400 },
  medium: { '1024x1024': 1056, '1024x1536': 1584, '1536x1024': 1568 },
  high: { '1024x1024': 4160, '1024x1536': 6240, '1536x1024': 6208 },
}
const TOKENS_PER_PARTIAL = 100
/** One tile of an input picture and its base, as the vision guide counts a small one. */
const TOKENS_PER_INPUT_IMAGE = 323

/** POST /images/generations */
export function readImageGeneration({ body }: Exchange): MediaRequest {
  const json = parseJson(body.toString())
  if (typeof json === 'object' && json !== null) refuseStrangers(Object.keys(json), FIELDS)
  return describe(parse(json), 0)
}

/** POST /images/edits */
export async function readImageEdit(exchange: Exchange): Promise<MediaRequest> {
  const form = await readForm(exchange)
  refuseStrangers([...form.fields.keys(), ...form.files.map(({ name }) => name)], new Set([...FIELDS, 'image', 'mask']))
  const pictures = form.files.filter(({ name }) => name === 'image' || name === 'image[]')
  if (pictures.length === 0) throw new Refusal(400, "Missing required parameter: 'image'.", { param: 'image' })
  return describe(parse(fromForm(form)), form.files.length)
}

const fromForm = (form: Form): Record<string, unknown> => {
  const fields: Record<string, unknown> = {}
  for (const name of form.fields.keys()) fields[name] = fieldOf(form, name)
  for (const name of ['n', 'partial_images']) if (typeof fields[name] === 'string') fields[name] = Number(fields[name])
  if (fields['stream'] !== undefined) fields['stream'] = fields['stream'] === 'true'
  return fields
}

const parse = (json: unknown): ImageBody => {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = firstIssue(parsed.error)
  throw new Refusal(400, `Invalid value for '${issue.path}': ${issue.message}`, { param: issue.path })
}

const describe = (asked: ImageBody, pictures: number): MediaRequest => ({
  model: asked.model,
  words: asked.prompt,
  streamed: asked.stream,
  makeAnswer: (directive) => {
    const made = Array.from({ length: asked.n }, (_, index) => paint(asked.prompt, index))
    if (asked.model.startsWith('dall-e')) return answerByPiece(asked, made)
    return answerByToken(asked, { made, pictures, tellsUsage: directive.no_usage !== true })
  },
})

const CREATED = 1_750_000_000

/** DALL·E is sold by the piece, and reports no usage. */
const answerByPiece = (asked: ImageBody, made: readonly string[]): MediaAnswer => ({
  contentType: 'application/json',
  pieces: [
    JSON.stringify({
      created: CREATED,
      data: made.map((picture) => ({
        ...(asked.response_format === 'url' ? { url: 'https://images.invalid/one.png' } : { b64_json: picture }),
        ...(asked.model === 'dall-e-3' ? { revised_prompt: asked.prompt } : {}),
      })),
    }),
  ],
  usage: { images: made.length },
  tellsUsage: false,
})

const answerByToken = (
  asked: ImageBody,
  { made, pictures, tellsUsage }: { made: readonly string[]; pictures: number; tellsUsage: boolean },
): MediaAnswer => {
  const quality = asked.quality === 'auto' || OUTPUT_TOKENS[asked.quality] === undefined ? 'medium' : asked.quality
  const size = asked.size === 'auto' ? '1024x1024' : asked.size
  const each = OUTPUT_TOKENS[quality]?.[size]
  if (each === undefined) throw new Refusal(400, `Invalid size '${asked.size}'.`, { param: 'size' })
  const partials = asked.stream ? asked.partial_images : 0
  const output = each * asked.n + partials * TOKENS_PER_PARTIAL
  const text = countTextTokens(asked.prompt)
  const image = pictures * TOKENS_PER_INPUT_IMAGE
  const usage = {
    total_tokens: text + image + output,
    input_tokens: text + image,
    output_tokens: output,
    input_tokens_details: { text_tokens: text, image_tokens: image },
    output_tokens_details: { image_tokens: output, text_tokens: 0 },
  }
  const facts = { created: CREATED, background: 'opaque', output_format: asked.output_format, quality, size }
  const told = tellsUsage ? { usage } : {}
  return {
    contentType: asked.stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    pieces: asked.stream
      ? streamPictures({ facts, told, made, partials, kind: pictures > 0 ? 'image_edit' : 'image_generation' })
      : [JSON.stringify({ ...facts, data: made.map((picture) => ({ b64_json: picture })), ...told })],
    usage: { input_uncached: text, image_in: image, image_out: output },
    tellsUsage,
  }
}

interface PictureStream {
  facts: Record<string, unknown>
  told: Record<string, unknown>
  made: readonly string[]
  partials: number
  kind: 'image_edit' | 'image_generation'
}

const streamPictures = ({ facts, told, made, partials, kind }: PictureStream): string[] => {
  const events: Record<string, unknown>[] = []
  for (let index = 0; index < partials; index += 1)
    events.push({ type: `${kind}.partial_image`, partial_image_index: index, b64_json: made[0], ...facts })
  events.push({ type: `${kind}.completed`, b64_json: made[0], ...facts, ...told })
  return events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`)
}
