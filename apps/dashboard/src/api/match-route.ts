import type { ApiRoute } from './define-route.ts'

export interface RouteMatch {
  readonly route: ApiRoute
  readonly params: Readonly<Record<string, string>>
}

const matchPath = (pattern: string, segments: readonly string[]): Readonly<Record<string, string>> | null => {
  const parts = pattern.split('/').slice(1)
  if (parts.length !== segments.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) params[part.slice(1, -1)] = segment
    else if (part !== segment) return null
  }
  return params
}

/** Every route whose path fits, whatever its method; a fixed segment never loses to a parameter because no two paths of the table overlap. */
export const matchRoutes = (routes: readonly ApiRoute[], segments: readonly string[]): readonly RouteMatch[] =>
  routes.flatMap((route) => {
    const params = matchPath(route.path, segments)
    return params === null ? [] : [{ route, params }]
  })
