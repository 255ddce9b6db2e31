import type { JsonObject } from '@atpar/core/json'
import { describePrices, describeTiers } from './describe-prices.ts'
import type { ModelView, OfferingView } from './model-view.ts'

/** A model as OpenAI's clients read it, with what OpenRouter's clients look for beside it. */
export const toOpenAiModel = (view: ModelView): JsonObject => {
  const { model, offerings, available } = view
  const first = offerings[0]?.offering
  return {
    id: model.id,
    object: 'model',
    created: Math.floor(model.createdAtMs / 1000),
    owned_by: model.author,
    name: model.displayName,
    canonical_slug: model.id,
    aliases: [...model.aliases],
    task: model.task,
    available,
    context_length: first?.contextTokens ?? null,
    max_output_tokens: first?.maxOutputTokens ?? null,
    architecture: describeArchitecture(view),
    pricing: describePrices(first?.rates ?? null),
    supported_parameters: listParameters(offerings),
    ...describeEnd(first),
    offerings: offerings.map(describeOffering),
  }
}

export const describeArchitecture = ({ model }: ModelView): JsonObject => {
  const input = [...(model.inputModalities ?? ['text'])]
  const output = [...(model.outputModalities ?? ['text'])]
  return {
    modality: `${input.join('+')}->${output.join('+')}`,
    input_modalities: input,
    output_modalities: output,
    reasoning: model.reasoning,
  }
}

/** What some offering takes: `provider.require_parameters` then finds it. */
const listParameters = (offerings: readonly OfferingView[]): string[] => [
  ...new Set(
    offerings
      .filter(({ obstacle }, _index, all) => obstacle === null || all.every((other) => other.obstacle !== null))
      .flatMap(({ offering }) => offering.parameters ?? []),
  ),
]

const describeOffering = ({ offering, obstacle }: OfferingView): JsonObject => ({
  id: offering.id,
  provider: offering.providerId,
  available: obstacle === null,
  ...describeObstacle({ offering, obstacle }),
  context_length: offering.contextTokens,
  max_output_tokens: offering.maxOutputTokens,
  pricing: describePrices(offering.rates),
  ...withTiers(offering.rates),
  ...(offering.retiresOn ? describeEnd(offering) : {}),
})

/** The day its provider takes it away, and what to use then; both null where nothing is announced. */
export const describeEnd = (offering: OfferingView['offering'] | undefined): JsonObject => ({
  shutdown_date: offering?.retiresOn ?? null,
  successor: offering?.successorId ?? null,
})

export const describeObstacle = ({ offering, obstacle }: OfferingView): JsonObject =>
  obstacle === null
    ? {}
    : {
        unavailable_because: obstacle,
        ...(obstacle === 'not_priced' && offering.unpricedReason
          ? { not_priced_because: offering.unpricedReason }
          : {}),
      }

export const withTiers = (rates: OfferingView['offering']['rates']): JsonObject => {
  const tiers = describeTiers(rates)
  return tiers.length === 0 ? {} : { pricing_tiers: tiers }
}
