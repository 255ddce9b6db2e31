import type { JsonValue } from '@atpar/core/json'
import type { Tx } from './client.ts'
import type { OrgId } from './tenant.ts'

export interface RouteVersionView {
  readonly number: number
  readonly policy: JsonValue
  readonly note: string
  readonly publishedAtMs: number | null
}

export interface RouteView {
  readonly routeId: string
  /** What callers name instead of a model. */
  readonly name: string
  readonly createdAtMs: number
  /** Null while there are drafts only. */
  readonly published: RouteVersionView | null
}

/** By name. */
export const listRoutes = async (tx: Tx, orgId: OrgId): Promise<readonly RouteView[]> => {
  const routes = await tx.route.findMany({
    where: { orgId, archivedAt: null },
    include: { versions: { where: { status: 'published' }, orderBy: { number: 'desc' }, take: 1 } },
    orderBy: { name: 'asc' },
  })
  return routes.map((route) => {
    const [version] = route.versions
    return {
      routeId: route.id,
      name: route.name,
      createdAtMs: route.createdAt.getTime(),
      published:
        version === undefined
          ? null
          : {
              number: version.number,
              policy: version.policy as JsonValue,
              note: version.note,
              publishedAtMs: version.publishedAt?.getTime() ?? null,
            },
    }
  })
}
