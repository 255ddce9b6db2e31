import { z } from 'zod'
import { customModelId, type CustomModel } from '@atpar/core/custom-models'
import type { JsonObject } from '@atpar/core/json'
import { findCustomEndpoint, setCustomModel } from '@atpar/db/custom-endpoints'
import { shapeOfProvider } from '@atpar/providers/custom-endpoint'
import { defineAct } from '../define-act.ts'
import { checkTask, modelSchema, unknownEndpoint } from './endpoint-fields.ts'

/** For the record of acts. */
const describeModel = (model: Omit<CustomModel, 'createdAtMs'>): JsonObject => ({
  upstreamModel: model.upstreamModel,
  task: model.task,
  reasoning: model.reasoning,
  contextTokens: model.contextTokens,
  maxOutputTokens: model.maxOutputTokens,
  inputPusd: model.inputPusd?.toString() ?? null,
  outputPusd: model.outputPusd?.toString() ?? null,
})

/** Adds a model to an endpoint, or describes the one of this name anew. Callers name it `custom/<endpoint>/<model>`. @throws AppError not_found, invalid_request (param `task`) */
export const setCustomModelAct = defineAct({
  name: 'set-custom-model',
  effect: 'write',
  permission: 'credential:manage',
  input: z.strictObject({ endpointId: z.string(), model: modelSchema }),
  run: async (act, { endpointId, model: { inputUsdPerMillion, outputUsdPerMillion, ...facts } }) => {
    const known = await findCustomEndpoint(act.tx, act.orgId, endpointId)
    if (known === null) throw unknownEndpoint()
    checkTask(shapeOfProvider(known.providerId), facts.task)
    const model = { ...facts, inputPusd: inputUsdPerMillion, outputPusd: outputUsdPerMillion }
    const before = known.models.find(({ name }) => name === model.name)
    await setCustomModel(act.tx, act.orgId, { endpointId, model })
    const modelId = customModelId(known.name, model.name)
    await act.audit({
      action: 'custom-model-set',
      subjectKind: 'custom-endpoint',
      subjectId: endpointId,
      ...(before === undefined ? {} : { before: { model: modelId, ...describeModel(before) } }),
      after: { model: modelId, ...describeModel(model) },
    })
    return { modelId }
  },
})
