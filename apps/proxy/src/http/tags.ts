import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '@atpar/core/errors'

const MAX_TAGS = 16
const TAG = /^[\w.:-]{1,64}$/
const NO_TAGS: readonly string[] = []

/** The tags a caller puts on one request: `x-atpar-tags: batch-7,env:prod`. @throws AppError `invalid_request` naming the tag that is none. */
export const readTags = (headers: IncomingHttpHeaders): readonly string[] => {
  const header = headers['x-atpar-tags']
  if (typeof header !== 'string' || header === '') return NO_TAGS
  const tags = [...new Set(header.split(',').map((part) => part.trim()))].filter((tag) => tag !== '')
  if (tags.length > MAX_TAGS)
    throw new AppError('invalid_request', {
      param: 'x-atpar-tags',
      message: `x-atpar-tags names ${tags.length} tags. Send ${MAX_TAGS} at most.`,
    })
  const wrong = tags.find((tag) => !TAG.test(tag))
  if (wrong !== undefined)
    throw new AppError('invalid_request', {
      param: 'x-atpar-tags',
      message: `"${wrong.slice(0, 80)}" is no tag: use letters, digits and . _ : -, 64 at most, and commas between tags.`,
    })
  return tags
}

/** A key's labels and the request's own tags, each once. */
export const joinTags = (labels: readonly string[], tags: readonly string[]): readonly string[] => {
  if (tags.length === 0) return labels
  return labels.length === 0 ? tags : [...new Set([...labels, ...tags])]
}
