import type { ImageRequest } from '@atpar/core/image'

type Drawn = Pick<ImageRequest, 'quality' | 'size' | 'count'>

/** Output tokens of one picture by quality and size: https://platform.openai.com/docs/guides/image-generation#cost-and-latency */
const OUTPUT_TOKENS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  low: { '1024x1024': 272, '1024x1536': 408, '1536x1024': 400 },
  medium: { '1024x1024': 1_056, '1024x1536': 1_584, '1536x1024': 1_568 },
  high: { '1024x1024': 4_160, '1024x1536': 6_240, '1536x1024': 6_208 },
}
const LARGEST_PICTURE_TOKENS = 6_240
/** What Gemini's pictures come to whatever was asked for, up to 1024 × 1024: https://ai.google.dev/gemini-api/docs/pricing */
const FIXED_PICTURE_TOKENS = 1_290
/** Of each picture on the way that a stream shows. */
const PARTIAL_TOKENS = 100

/** Pictures to start from: 65 tokens and 129 for each of at most eight tiles; thousands more where their details are to be kept. */
export const PLAIN_INPUT_IMAGE_TOKENS = 65 + 8 * 129
export const MAX_INPUT_IMAGE_TOKENS = PLAIN_INPUT_IMAGE_TOKENS + 6_240

const tokensOf = ({ quality, size }: Drawn): number | undefined => {
  const bySize = OUTPUT_TOKENS[quality ?? '']
  return bySize === undefined ? undefined : size === null ? Math.max(...Object.values(bySize)) : bySize[size]
}

/** No request comes to more, whichever model draws. */
export const boundOutputTokens = (request: Drawn, partials: number): number =>
  Math.max(tokensOf(request) ?? LARGEST_PICTURE_TOKENS, FIXED_PICTURE_TOKENS) * request.count +
  partials * PARTIAL_TOKENS

/** No picture comes to less: for answers that tell no usage. */
export const leastOutputTokens = ({ quality, size, count }: Drawn): number =>
  (OUTPUT_TOKENS[quality ?? 'low']?.[size ?? '1024x1024'] ?? 272) * count
