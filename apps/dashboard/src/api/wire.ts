import { formatUsd, pusd } from '@atpar/core/money'
import { z } from 'zod'

/** The words of the wire, each described once: what an amount, an instant and an id look like, and how a list is paged. */

export const id = z.string().meta({ format: 'uuid' })
export const nullableId = id.nullable()

export const instant = z.iso.datetime().meta({ description: 'RFC 3339, in UTC.' })
export const day = z.iso.date()

export const usd = z
  .string()
  .regex(/^-?\d{1,15}(\.\d{1,12})?$/)
  .meta({ description: 'Dollars as a decimal string, exact.' })
export const pusdText = z
  .string()
  .regex(/^-?\d{1,38}$/)
  .meta({ description: 'The same amount in pico-dollars (10^-12), as an integer string.' })

export const toInstant = (atMs: number): string => new Date(atMs).toISOString()
export const toInstantOrNull = (atMs: number | null): string | null => (atMs === null ? null : toInstant(atMs))
export const toUsd = (amount: bigint): string => formatUsd(pusd(amount), 2)
export const toMs = (text: string): number => Date.parse(text)

/** As stored: of a form that is described where it is made. */
export const anyJson = z.unknown()

const MAX_PAGE = 100
const DEFAULT_PAGE = 20

/** Query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE).meta({ description: 'How many at most.' }),
  cursor: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: '`next_cursor` of the page before. Absent for the first page.' }),
}

/** Answer of every list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    data: z.array(item),
    next_cursor: z.string().nullable().meta({ description: 'Null on the last page.' }),
  })

export const noQuery = z.strictObject({})
