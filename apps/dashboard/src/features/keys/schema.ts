import { parseUsd, type Pusd } from '@atpar/core/money'
import { z } from 'zod'

/** A budget as typed: empty for none, else dollars with at most cents. */
const budget = z
  .string()
  .trim()
  .default('')
  .transform((text, context): Pusd | null => {
    if (text === '') return null
    const plain = text.replace(/^\$/, '').replaceAll(',', '')
    if (!/^\d{1,7}(\.\d{1,2})?$/.test(plain)) {
      context.addIssue({ code: 'custom', message: 'Enter dollars like 25 or 12.50.' })
      return z.NEVER
    }
    return parseUsd(plain)
  })

export const createKeySchema = z
  .object({
    name: z
      .string()
      .trim()
      .min(1, 'Give the key a name, so that you recognize it later.')
      .max(80, 'At most 80 characters.'),
    kind: z.enum(['member', 'service']).default('member'),
    teamId: z.uuid('Choose a team.').optional(),
    monthlyBudget: budget,
    dailyBudget: budget,
    allowedModels: z
      .string()
      .default('')
      .transform((text) => [...new Set(text.split(/[\s,]+/).filter((name) => name !== ''))])
      .refine((names) => names.length <= 100, 'At most 100 models.'),
  })
  .refine((input) => input.kind === 'member' || input.teamId !== undefined, {
    path: ['teamId'],
    message: 'A service key belongs to a team.',
  })

export type CreateKeyInput = z.infer<typeof createKeySchema>
