import type { z } from 'zod'

/** The first thing wrong with each field, in the reader's words. */
export const fieldErrors = (error: z.ZodError): Readonly<Record<string, string>> => {
  const fields: Record<string, string> = {}
  for (const issue of error.issues) {
    const name = String(issue.path[0] ?? '')
    fields[name] ??= issue.message
  }
  return fields
}
