import { z } from 'zod'
import { listRoutesAct } from '../../acts/routes/list-routes.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { anyJson, id, instant, pageOf, pageQuery, toInstant, toInstantOrNull } from '../wire.ts'

const route = z
  .strictObject({
    route_id: id,
    name: z.string().meta({ description: 'What callers name instead of a model.' }),
    created_at: instant,
    published: z
      .strictObject({ number: z.number().int(), policy: anyJson, note: z.string(), published_at: instant.nullable() })
      .nullable()
      .meta({ description: 'Its newest published version; null while there are drafts only.' }),
  })
  .meta({ id: 'Route' })

export const ROUTING_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/routes',
    operation: 'listRoutes',
    tag: 'Routes',
    summary: 'List routing policies',
    act: listRoutesAct,
    query: z.strictObject(pageQuery),
    status: 200,
    answer: pageOf(route),
    toInput: () => ({}),
    toAnswer: (routes, { query }) =>
      pageOfAll(routes, {
        query,
        placeOf: (row) => row.routeId,
        show: (row) => ({
          route_id: row.routeId,
          name: row.name,
          created_at: toInstant(row.createdAtMs),
          published: row.published && {
            number: row.published.number,
            policy: row.published.policy,
            note: row.published.note,
            published_at: toInstantOrNull(row.published.publishedAtMs),
          },
        }),
      }),
  }),
]
