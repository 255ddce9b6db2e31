import type { z } from 'zod'

import { firstIssue } from '../generate/read-body.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import { parseJson } from '../service/parse-json.ts'
import type { MediaAnswer } from '../service/serve-media.ts'

/** A body by its schema; 400 names the field. */
export function readTaskBody<Schema extends z.ZodType>({ body }: Exchange, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(body.toString()))
  if (parsed.success) return parsed.data
  const issue = firstIssue(parsed.error)
  throw new Refusal(400, `Invalid value for '${issue.path}': ${issue.message}`, { param: issue.path })
}

/** One JSON document, and what it is billed for. */
export const jsonAnswer = (
  document: unknown,
  usage: MediaAnswer['usage'],
  { tellsUsage = true }: { tellsUsage?: boolean } = {},
): MediaAnswer => ({ contentType: 'application/json', pieces: [JSON.stringify(document)], usage, tellsUsage })
