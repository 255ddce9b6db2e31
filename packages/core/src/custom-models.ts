import type { Pusd } from './money.ts'
import type { OfferingRates } from './pricing.ts'
import type { Model, Offering } from './snapshot.ts'
import type { Task } from './task.ts'

/** The middle of `custom/<endpoint>/<model>`. */
export const ENDPOINT_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/
/** Its end. No slash: everything behind the second one is the model's name. */
export const CUSTOM_MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$/

export const CUSTOM_TASKS = ['chat', 'embeddings'] as const satisfies readonly Task[]
export type CustomTask = (typeof CUSTOM_TASKS)[number]

/** A model at an organization's own endpoint, as the organization described it. */
export interface CustomModel {
  readonly name: string
  /** What the endpoint calls it. */
  readonly upstreamModel: string
  readonly task: CustomTask
  readonly reasoning: boolean
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  /** What the organization says a million tokens cost it, both or neither: for its own figures, never for a bill of ours. */
  readonly inputPusd: Pusd | null
  readonly outputPusd: Pusd | null
  readonly createdAtMs: number
}

export interface CustomEndpoint {
  /** The one credential that opens it. */
  readonly credentialId: string
  /** Which format it speaks: one of the registry's custom providers. */
  readonly providerId: string
  readonly name: string
  readonly models: readonly CustomModel[]
}

/** What one organization has beside the catalogue. */
export interface CustomCatalogue {
  readonly models: ReadonlyMap<string, Model>
  readonly offerings: ReadonlyMap<string, Offering>
}

/** What callers name it by. */
export const customModelId = (endpointName: string, modelName: string): string => `custom/${endpointName}/${modelName}`

/** Null when there is nothing to call. Every model has one offering, under the same id. */
export const describeCustomModels = (endpoints: readonly CustomEndpoint[]): CustomCatalogue | null => {
  const offerings = endpoints.flatMap((endpoint) => endpoint.models.map((model) => toOffering(endpoint, model)))
  if (offerings.length === 0) return null
  const models = endpoints.flatMap((endpoint) => endpoint.models.map((model) => toModel(endpoint, model)))
  return {
    models: new Map(models.map((model) => [model.id, model])),
    offerings: new Map(offerings.map((offering) => [offering.id, offering])),
  }
}

const toModel = ({ name: endpointName }: CustomEndpoint, model: CustomModel): Model => {
  const id = customModelId(endpointName, model.name)
  return {
    id,
    displayName: model.name,
    family: endpointName,
    author: endpointName,
    task: model.task,
    reasoning: model.reasoning,
    createdAtMs: model.createdAtMs,
    aliases: [],
    offeringIds: [id],
  }
}

const toOffering = ({ name: endpointName, providerId, credentialId }: CustomEndpoint, model: CustomModel): Offering => {
  const id = customModelId(endpointName, model.name)
  return {
    id,
    modelId: id,
    providerId,
    credentialId,
    task: model.task,
    upstreamModel: model.upstreamModel,
    contextTokens: model.contextTokens,
    maxOutputTokens: model.maxOutputTokens,
    priority: 100,
    funding: 'byok',
    enabled: true,
    rates: toRates(id, model),
  }
}

const PER_UNITS = 1_000_000n

const toRates = (offeringId: string, { inputPusd, outputPusd }: CustomModel): OfferingRates | null =>
  inputPusd === null || outputPusd === null
    ? null
    : {
        offeringId,
        // In no price book of ours.
        priceVersionId: '',
        rows: [
          {
            contextFrom: 0,
            serviceTier: null,
            window: null,
            prices: {
              input_uncached: { amountPusd: inputPusd, perUnits: PER_UNITS },
              output_text: { amountPusd: outputPusd, perUnits: PER_UNITS },
            },
          },
        ],
      }
