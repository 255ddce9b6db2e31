import { refuseParameter } from './refusal.ts'

interface Clause {
  field: string
  metadataKey: string | null
  operator: ':' | '~' | '>' | '<' | '>=' | '<='
  value: string
  isNegated: boolean
}

const CLAUSE =
  /^(-?)(\w+)(?:\[(?:"([^"]*)"|'([^']*)')\])?(:|~|>=|<=|>|<)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([\w.]+))$/

/**
 * Stripe's search language, the part that is used of it: clauses joined by AND, or by OR, never both.
 * https://docs.stripe.com/search
 */
export function compileSearch(query: string): (object: Record<string, unknown>) => boolean {
  const words = split(query)
  const isOr = words.some((word) => word.toUpperCase() === 'OR')
  const isAnd = words.some((word) => word.toUpperCase() === 'AND')
  if (isOr && isAnd) throw refuseParameter('Search queries cannot mix AND and OR.', { param: 'query' })
  const clauses = words.filter((word) => !/^(?:and|or)$/i.test(word)).map(readClause)
  if (clauses.length === 0) throw refuseParameter('The query is empty.', { param: 'query' })
  return (object) =>
    isOr ? clauses.some((clause) => holds(clause, object)) : clauses.every((clause) => holds(clause, object))
}

/** At spaces outside quotation marks. */
function split(query: string): string[] {
  return query.match(/(?:[^\s"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')+/g) ?? []
}

function readClause(word: string): Clause {
  const match = CLAUSE.exec(word)
  const field = match?.[2]
  const operator = match?.[5] as Clause['operator'] | undefined
  if (match === null || field === undefined || operator === undefined) {
    throw refuseParameter(`We were unable to parse your search query: ${word}`, { param: 'query' })
  }
  const value = (match[6] ?? match[7] ?? match[8] ?? '').replaceAll(/\\(.)/g, '$1')
  return { field, metadataKey: match[3] ?? match[4] ?? null, operator, value, isNegated: match[1] === '-' }
}

function holds({ field, metadataKey, operator, value, isNegated }: Clause, object: Record<string, unknown>): boolean {
  const held = metadataKey === null ? object[field] : (object[field] as Record<string, unknown> | null)?.[metadataKey]
  return compare(held, operator, value) !== isNegated
}

function compare(held: unknown, operator: Clause['operator'], value: string): boolean {
  if (held === undefined || held === null) return false
  const text = typeof held === 'string' ? held : JSON.stringify(held)
  switch (operator) {
    case ':':
      return text.toLowerCase() === value.toLowerCase()
    case '~':
      return text.toLowerCase().includes(value.toLowerCase())
    case '>':
      return Number(text) > Number(value)
    case '<':
      return Number(text) < Number(value)
    case '>=':
      return Number(text) >= Number(value)
    case '<=':
      return Number(text) <= Number(value)
  }
}
