import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'

import { asObject, asText } from '../fields.ts'

/**
 * What this format can name at a provider that is not the caller's own: an account is shared by many organizations, so an id of something stored in
 * it may be a stranger's. Answers that were proxied here are known by whom they belong to; nothing else is.
 */
const STORED_FIELDS = ['conversation', 'prompt'] as const

/** Tools whose use is counted in tokens and searches alone. What others cost (containers, stored files, pictures) no answer reports. */
const METERED_TOOLS = new Set([
  'function',
  'custom',
  'namespace',
  'tool_search',
  'web_search',
  'web_search_2025_08_26',
  'web_search_preview',
  'web_search_preview_2025_03_11',
  'mcp',
  'computer',
  'computer_use_preview',
  'local_shell',
  'shell',
  'apply_patch',
])

const refuse = (param: string, message: string): AppError =>
  new AppError('unsupported_parameter', { param, message: `${param} ${message}` })

/** @throws AppError `unsupported_parameter` for what may reach no provider, whichever serves. */
export const guardFields = (body: JsonObject): void => {
  if (body.background === true)
    throw refuse(
      'background',
      'is not offered: the usage of an answer made later could not be metered. Leave it out, or stream.',
    )
  for (const field of STORED_FIELDS)
    if (body[field] !== undefined && body[field] !== null)
      throw refuse(field, 'names something stored at a provider, which is not offered. Send its content in "input".')
}

/** @throws AppError `unsupported_parameter` */
export const guardTool = (tool: JsonObject, at: string): void => {
  const type = asText(tool.type) ?? ''
  if (!METERED_TOOLS.has(type))
    throw refuse(
      `${at}type`,
      `is "${type}", a tool whose cost a provider does not report with its answer. It is not offered.`,
    )
  const environment = asText(asObject(tool.environment)?.type)
  if (type === 'shell' && environment !== null && environment !== 'local')
    throw refuse(`${at}environment`, 'runs in a container of the provider, whose cost no answer reports. Use "local".')
}

/** @throws AppError `unsupported_parameter` for a file that was uploaded to an account. */
export const guardFileId = (part: JsonObject, at: string): void => {
  const fileId: JsonValue | undefined = part.file_id
  if (fileId !== undefined && fileId !== null)
    throw refuse(
      `${at}file_id`,
      'is only known to the provider it was uploaded to. Send the file itself, or its address.',
    )
}

/** Whether what this tool brings into the prompt has no bound. */
export const readsFromOutside = (tool: JsonObject): boolean => {
  const type = asText(tool.type) ?? ''
  return type === 'mcp' || type.startsWith('web_search')
}
