import { z } from 'zod'

export const teamNameSchema = z
  .string()
  .trim()
  .min(1, 'Enter a name.')
  .max(80, 'At most 80 characters.')
  .regex(/[\p{L}\p{N}]/u, 'The name needs a letter or a digit.')
