import type { EmbeddingsRequest, EmbeddingVector } from '@atpar/core/embeddings'
import { AppError } from '@atpar/core/errors'
import type { JsonValue } from '@atpar/core/json'
import { decodeFloats, encodeFloats } from './base64.ts'

/** A vector as a provider wrote it; its numbers are not looked through, because there are thousands of them. */
export const readVector = (value: JsonValue | undefined): EmbeddingVector => {
  if (typeof value === 'string') return { kind: 'base64', data: value }
  if (Array.isArray(value) && value.length > 0 && typeof value[0] === 'number')
    return { kind: 'floats', values: value as number[] }
  throw new AppError('upstream_malformed')
}

/** A vector as the caller wants it. @throws AppError `upstream_malformed` when its base64 is none. */
export const writeVector = (vector: EmbeddingVector, encoding: EmbeddingsRequest['encoding']): JsonValue => {
  if (encoding === 'base64') return vector.kind === 'base64' ? vector.data : encodeFloats(vector.values)
  if (vector.kind === 'floats') return vector.values as number[]
  const values = decodeFloats(vector.data)
  if (values === null) throw new AppError('upstream_malformed')
  return values as number[]
}

/** One vector for each input, or the answer is none: a caller pairs them by position. */
export const requireAll = (
  vectors: readonly EmbeddingVector[],
  { inputs }: EmbeddingsRequest,
): readonly EmbeddingVector[] => {
  if (vectors.length !== inputs.length) throw new AppError('upstream_malformed')
  return vectors
}
