import { isUuid } from '@atpar/core/ids'
import { RANGES, type RangeName } from '../../usage/range.ts'

export const GROUPS = ['model', 'provider', 'key', 'team', 'member'] as const
export type GroupName = (typeof GROUPS)[number]

export const GROUP_LABELS: Record<GroupName, string> = {
  model: 'Model',
  provider: 'Provider',
  key: 'Key',
  team: 'Team',
  member: 'Member',
}

export interface UsageQuery {
  readonly range: RangeName
  readonly group: GroupName
  /** Only this team's; null = all one may see. */
  readonly teamId: string | null
}

type Raw = Readonly<Record<string, string | string[] | undefined>>

const oneOf = <Name extends string>(
  names: readonly Name[],
  value: string | string[] | undefined,
  fallback: Name,
): Name => names.find((name) => name === value) ?? fallback

/** Unknown values fall back: an old link opens the page rather than an error. */
export const parseUsageQuery = (raw: Raw): UsageQuery => ({
  range: oneOf(RANGES, raw['range'], '30d'),
  group: oneOf(GROUPS, raw['group'], 'model'),
  teamId: typeof raw['team'] === 'string' && isUuid(raw['team']) ? raw['team'] : null,
})

export const usageHref = (orgSlug: string, query: UsageQuery): string =>
  `/${orgSlug}/usage?range=${query.range}&group=${query.group}${query.teamId === null ? '' : `&team=${query.teamId}`}`
