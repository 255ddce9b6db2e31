import { z } from 'zod'

export const newOrganizationSchema = z.object({
  name: z
    .string()
    .trim()
    .min(1, 'Enter the name of your organization.')
    .max(120, 'At most 120 characters.')
    .regex(/[\p{L}\p{N}]/u, 'The name needs a letter or a digit.'),
})
