import { DAY_MS } from '@atpar/core/durations'
import { isUuid } from '@atpar/core/ids'

/** The filter of the record as it stands in the address. */
export interface AuditQuery {
  /** A user's id or a kind of actor. */
  readonly actor: string
  readonly action: string
  readonly subject: string
  /** `YYYY-MM-DD`, in UTC; both days included. */
  readonly from: string
  readonly to: string
  readonly before: string
}

type Raw = Readonly<Record<string, string | string[] | undefined>>

const one = (raw: Raw, name: string): string => {
  const value = raw[name]
  return typeof value === 'string' ? value.slice(0, 80) : ''
}
const day = (text: string): string =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) ? text : ''

/** Unknown values fall back: an old link opens the page rather than an error. */
export const parseAuditQuery = (raw: Raw): AuditQuery => ({
  actor: one(raw, 'actor'),
  action: one(raw, 'action'),
  subject: one(raw, 'subject'),
  from: day(one(raw, 'from')),
  to: day(one(raw, 'to')),
  before: isUuid(one(raw, 'before')) ? one(raw, 'before') : '',
})

export const isFiltered = (query: AuditQuery): boolean =>
  [query.actor, query.action, query.subject, query.from, query.to].some((value) => value !== '')

export const auditHref = (orgSlug: string, query: Partial<AuditQuery>): string => {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  const text = new URLSearchParams(given).toString()
  return `/${orgSlug}/settings/audit-log${text === '' ? '' : `?${text}`}`
}

const ACTOR_KINDS = ['management-key', 'support', 'system'] as const

/** As `list-audit` takes it. */
export const toFilter = (query: AuditQuery): Readonly<Record<string, string>> => {
  const kind = ACTOR_KINDS.find((known) => known === query.actor)
  return {
    ...(kind === undefined ? {} : { actorKind: kind }),
    ...(isUuid(query.actor) ? { actorUserId: query.actor } : {}),
    ...(query.action === '' ? {} : { action: query.action }),
    ...(query.subject === '' ? {} : { subjectKind: query.subject }),
    ...(query.from === '' ? {} : { from: `${query.from}T00:00:00Z` }),
    ...(query.to === '' ? {} : { until: new Date(Date.parse(`${query.to}T00:00:00Z`) + DAY_MS).toISOString() }),
    ...(query.before === '' ? {} : { before: query.before }),
  }
}
