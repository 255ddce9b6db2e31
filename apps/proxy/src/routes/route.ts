import type { Deps } from '../deps.ts'
import type { InferenceRoute, RouteRequest } from './infer.ts'

interface Place {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** As the documentation writes it, with what is the caller's in braces. */
  readonly path: string
  /** For paths with something of the caller's in them; without it the path is exactly that. */
  readonly matches?: (path: string) => boolean
}

/** An endpoint that can cost money: it says what it is made of, and `infer` does the rest. There is no other way to a provider. */
export interface PaidRoute extends Place {
  readonly kind: 'paid'
  readonly open: (deps: Pick<Deps, 'dialects' | 'formats'>, path: string) => InferenceRoute
}

/** An endpoint that never costs any. It authenticates by itself. */
export interface FreeRoute extends Place {
  readonly kind: 'free'
  readonly handle: (deps: Deps, request: RouteRequest, path: string) => Promise<void>
}

export type Route = PaidRoute | FreeRoute
