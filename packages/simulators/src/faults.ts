import { z } from 'zod'

import { behaviourNamed, directiveSchema, type Directive } from './directives.ts'
import { isProviderId, type ProviderId } from './providers.ts'

export const faultSchema = z
  .strictObject({
    /** Leave out to hit every provider. */
    provider: z
      .custom<ProviderId>((id) => typeof id === 'string' && isProviderId(id), 'an unknown provider')
      .optional(),
    match: z.strictObject({ model: z.string().optional() }).optional(),
    /** A named behaviour (`status_500`, `hang_before`, `truncate`, …). */
    kind: z
      .string()
      .refine((name) => behaviourNamed(name) !== undefined, 'no such behaviour')
      .optional(),
    /** Any directive, alone or on top of `kind`. */
    directive: directiveSchema.optional(),
    /** How many requests it hits; leave out for all until it is removed. */
    times: z.int().min(1).optional(),
  })
  .refine((fault) => fault.kind !== undefined || fault.directive !== undefined, 'kind or directive is needed')

export type FaultRequest = z.input<typeof faultSchema>

export interface Fault {
  id: number
  provider: ProviderId | undefined
  model: string | undefined
  behaviour: Directive
  timesLeft: number
}

export interface Faults {
  /** Returns an id for `remove`. */
  add: (fault: FaultRequest) => number
  remove: (id: number) => boolean
  clear: () => void
  list: () => Fault[]
  /** The behaviour the next request of this provider and model must show; counts it as used. */
  take: (provider: ProviderId, model: string) => Directive | undefined
}

/** Faults that hold for requests to come, whatever those ask for. The first one that matches is used. */
export function createFaults(): Faults {
  let faults: Fault[] = []
  let lastId = 0

  return {
    add: (request) => {
      const { provider, match, kind, directive, times } = faultSchema.parse(request)
      lastId += 1
      const behaviour = { ...(kind === undefined ? {} : behaviourNamed(kind)), ...directive }
      faults.push({ id: lastId, provider, model: match?.model, behaviour, timesLeft: times ?? Infinity })
      return lastId
    },
    remove: (id) => {
      const before = faults.length
      faults = faults.filter((fault) => fault.id !== id)
      return faults.length < before
    },
    clear: () => {
      faults = []
    },
    list: () => faults.map((fault) => ({ ...fault })),
    take: (provider, model) => {
      if (faults.length === 0) return undefined
      const fault = faults.find((one) => (one.provider ?? provider) === provider && (one.model ?? model) === model)
      if (fault === undefined) return undefined
      fault.timesLeft -= 1
      if (fault.timesLeft === 0) faults = faults.filter((one) => one !== fault)
      return fault.behaviour
    },
  }
}
