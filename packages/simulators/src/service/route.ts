import type { Provider } from '../providers.ts'
import type { Exchange } from './context.ts'
import type { GenerationTarget } from './generate.ts'
import type { MediaTarget } from './serve-media.ts'

/** What a provider's path leads to: a generation, or a document made from the request. */
export type Route =
  | ({ kind: 'generate' } & GenerationTarget)
  | ({ kind: 'media' } & MediaTarget)
  | { kind: 'document'; checkKey: (exchange: Exchange) => void; write: (exchange: Exchange) => unknown }

interface RoutePlace {
  provider: Provider
  method: string
  /** The path below the provider's prefix. */
  path: string
  query: URLSearchParams
}

/** Undefined for paths the real provider does not have, or the simulator does not stand for. */
export type FindRoute = (place: RoutePlace) => Route | undefined
