import { z } from 'zod'

import type { FormValue } from './form.ts'
import { refuse, refuseParameter } from './refusal.ts'

/** Parameters as they come over the wire: text, turned into what Stripe takes it for. */
export const text = z.string().max(5_000)
/** Text, or empty to clear what is there. */
export const clearable = z.string().max(5_000)

export const integer = z.string().transform((value, context) => {
  if (/^-?\d{1,15}$/.test(value)) return Number(value)
  context.issues.push({
    code: 'custom',
    input: value,
    message: `Invalid integer: ${value}`,
    params: { code: 'parameter_invalid_integer' },
  })
  return z.NEVER
})

export const boolean = z.enum(['true', 'false']).transform((value) => value === 'true')

/** Stripe's limits: 50 keys of 40 characters, values of 500. Empty clears everything, an empty value its key. */
export const metadata = z.union([
  z.literal(''),
  z
    .record(z.string().max(40), z.string().max(500))
    .refine((all) => Object.keys(all).length <= 50, 'Metadata takes at most 50 keys.'),
])

export const address = z.strictObject({
  city: text.optional(),
  country: text.optional(),
  line1: text.optional(),
  line2: text.optional(),
  postal_code: text.optional(),
  state: text.optional(),
})

/** Accepted and without effect here: what only changes how Stripe's own documents look. */
export const ignored = z.unknown().optional()

const range = z.union([
  integer,
  z.strictObject({ gt: integer.optional(), gte: integer.optional(), lt: integer.optional(), lte: integer.optional() }),
])

export const listing = {
  limit: integer.optional(),
  starting_after: text.optional(),
  ending_before: text.optional(),
  created: range.optional(),
}

export interface ListingParams {
  limit?: number | undefined
  starting_after?: string | undefined
  ending_before?: string | undefined
  created?: z.infer<typeof range> | undefined
}

const expand = z.array(z.string()).max(40).optional()

/** Reads a request's parameters; refuses in Stripe's words. */
export function readParams<Shape extends z.ZodRawShape>(
  shape: Shape,
  given: Record<string, FormValue>,
): { params: z.infer<z.ZodObject<Shape>>; expand: readonly string[] } {
  const { expand: paths, ...rest } = given
  const expanded = expand.safeParse(paths)
  if (!expanded.success) throw refuseParameter('Invalid array: expand', { param: 'expand' })
  const parsed = z.strictObject(shape).safeParse(rest)
  if (!parsed.success) throw refusalOf(parsed.error.issues, rest)
  return { params: parsed.data as z.infer<z.ZodObject<Shape>>, expand: expanded.data ?? [] }
}

function refusalOf(issues: readonly z.core.$ZodIssue[], given: Record<string, FormValue>) {
  const [first] = issues
  if (first === undefined) return refuse('The request could not be understood.')
  const param = nameOf(first.path)
  if (first.code === 'unrecognized_keys') {
    const names = first.keys.map((key) => nameOf([...first.path, key]))
    const plural = names.length > 1 ? 's' : ''
    return refuseParameter(`Received unknown parameter${plural}: ${names.join(', ')}`, {
      code: 'parameter_unknown',
      ...(names[0] === undefined ? {} : { param: names[0] }),
    })
  }
  if (first.code === 'invalid_union') {
    const inner = first.errors.findLast((one) => one.length > 0)?.[0]
    if (inner !== undefined) return refusalOf([{ ...inner, path: [...first.path, ...inner.path] }], given)
  }
  if (first.code === 'custom') {
    const code: unknown = first.params?.['code']
    return refuseParameter(first.message, { param, ...(typeof code === 'string' ? { code } : {}) })
  }
  if (valueAt(given, first.path) === undefined) {
    return refuseParameter(`Missing required param: ${param}.`, { code: 'parameter_missing', param })
  }
  if (first.code === 'invalid_value') {
    return refuseParameter(`Invalid ${param}: must be one of ${first.values.map(String).join(', ')}`, { param })
  }
  return refuseParameter(`Invalid ${param}: ${first.message}`, { param })
}

function valueAt(given: FormValue, path: readonly PropertyKey[]): FormValue | undefined {
  let value: FormValue | undefined = given
  for (const key of path) {
    if (value === undefined || typeof value === 'string') return undefined
    value = Array.isArray(value) ? value[Number(key)] : value[String(key)]
  }
  return value
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.map((key, position) => (position === 0 ? String(key) : `[${String(key)}]`)).join('')
}

/** What stands after `change` was applied to it. */
export function applyMetadata(
  held: Readonly<Record<string, string>> | null,
  change: z.infer<typeof metadata> | undefined,
): Record<string, string> {
  if (change === undefined) return { ...held }
  if (change === '') return {}
  const merged = Object.entries({ ...held, ...change }).filter(([, value]) => value !== '')
  return Object.fromEntries(merged)
}
