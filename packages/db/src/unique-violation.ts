/**
 * Whether a statement failed because the value is taken. Prisma's code, not Postgres': https://www.prisma.io/docs/orm/reference/error-reference#p2002
 * The transaction is over then, so answer by throwing.
 */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'P2002'
