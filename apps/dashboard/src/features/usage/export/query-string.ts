import { z } from 'zod'
import { DAY_MS } from '@atpar/core/durations'
import { AppError } from '@atpar/core/errors'

export const EXPORT_FORMATS = ['csv', 'jsonl', 'focus', 'team', 'member', 'key', 'tag'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** Whole UTC days, half-open. */
export interface ExportQuery {
  readonly format: ExportFormat
  readonly fromMs: number
  readonly toMs: number
  readonly after?: string | undefined
  readonly teamId?: string | undefined
}

const LONGEST_DAYS = 400

const day = z.iso.date().transform((text) => Date.parse(`${text}T00:00:00Z`))

const schema = z.strictObject({
  format: z.enum(EXPORT_FORMATS),
  from: day,
  /** The last day, included. */
  to: day,
  after: z.string().max(100).optional(),
  team: z.string().max(40).optional(),
})

/** @throws AppError invalid_request naming the parameter: a finance tool that asks for the wrong thing has to be told. */
export const parseExportQuery = (parameters: URLSearchParams): ExportQuery => {
  const given = [...parameters].filter(([, value]) => value !== '')
  const parsed = schema.safeParse(Object.fromEntries(given))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new AppError('invalid_request', {
      message: `${issue?.path.join('.') ?? 'query'}: ${issue?.message ?? 'is not valid'}`,
    })
  }
  const { format, from: fromMs, to, after, team: teamId } = parsed.data
  const toMs = to + DAY_MS
  if (toMs <= fromMs) throw new AppError('invalid_request', { message: 'to: lies before from' })
  if (toMs - fromMs > LONGEST_DAYS * DAY_MS)
    throw new AppError('invalid_request', { message: `to: at most ${LONGEST_DAYS} days can be exported at once` })
  return { format, fromMs, toMs, after, teamId }
}
