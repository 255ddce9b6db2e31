import { exchange, type Exchange, type Stage } from './exchange.ts'
import { FEATURES, type Feature, type FeatureId } from './features.ts'
import type { Speaker } from './speaker.ts'
import type { Upstream } from './upstreams.ts'

export interface Cell {
  readonly speaker: Speaker
  readonly upstream: Upstream
  readonly feature: FeatureId
}

export type Verdict =
  | { readonly kind: 'passes' }
  /** Refused before anything was sent, with a code of the catalogue. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'fails'; readonly troubles: readonly string[] }

const REFUSED_BY_US = 'unsupported_parameter'

/** One square of the matrix over real HTTP. */
export const playCell = async (stage: Stage, { speaker, upstream, feature }: Cell): Promise<Verdict> => {
  const model = upstream.offering
  let isRefused = false
  const note = (made: Exchange): Exchange => {
    isRefused ||= made.wire === null && made.seen.errorCode === REFUSED_BY_US
    return made
  }
  const { play }: Feature = FEATURES[feature]
  const troubles = await play({
    upstream,
    ask: async (question, stream) =>
      note(await exchange(stage, speaker, { asked: speaker.ask(question, { model, stream }), model, stream })),
    goOn: async ({ asked, answer }, result) =>
      note(await exchange(stage, speaker, { asked: speaker.goOn(asked, answer, result), model, stream: false })),
  })
  if (isRefused) return { kind: 'refused', code: REFUSED_BY_US }
  return troubles.length === 0 ? { kind: 'passes' } : { kind: 'fails', troubles }
}
