import { z } from 'zod'

/** Field names of a body that are not among the known ones. */
export function findUnknownFields(body: unknown, known: ReadonlySet<string>): string[] {
  if (typeof body !== 'object' || body === null) return []
  return Object.keys(body).filter((name) => !known.has(name))
}

/** The first thing wrong with a body, with its path in dots and brackets. */
export function firstIssue(error: z.ZodError): { path: string; message: string; isMissing: boolean } {
  const [issue] = error.issues
  if (issue === undefined) return { path: '', message: 'invalid', isMissing: false }
  const path = z.core.toDotPath(issue.path)
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return { path, message: issue.message, isMissing }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
