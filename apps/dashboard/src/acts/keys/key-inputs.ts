import { z } from 'zod'
import { parseCidr } from '@atpar/core/cidr'
import { ENDPOINTS } from '@atpar/core/key-scope'
import { tag } from '../limits/limit-inputs.ts'

const MOST_NAMES = 100
const MOST_LABELS = 16

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)]

export const keyName = z.string().trim().min(1, 'Give the key a name to recognize it by.').max(80)

const cidr = z
  .string()
  .trim()
  .max(50)
  .refine((text) => parseCidr(text) !== null, 'Enter networks like 203.0.113.0/24 or 2001:db8::/32.')

/** What a key may be used for; an empty list allows everything of its kind. */
export const keyScope = {
  allowedModels: z.array(z.string().trim().min(1).max(200)).max(MOST_NAMES).transform(unique),
  allowedEndpoints: z.array(z.enum(ENDPOINTS)).max(ENDPOINTS.length).transform(unique),
  allowedRoutes: z
    .array(z.string().regex(/^[\w./:-]{1,100}$/, 'This is no name of a route.'))
    .max(MOST_NAMES)
    .transform(unique),
  allowedCidrs: z.array(cidr).max(MOST_NAMES).transform(unique),
  /** Unix milliseconds; null = it does not expire. */
  expiresAtMs: z.int().positive().nullable(),
}

/** Tags that every request of the key carries. */
export const keyLabels = z.array(tag).max(MOST_LABELS).transform(unique)
