import { z } from 'zod'
import { customModelId } from '@atpar/core/custom-models'
import { findCustomEndpoint, setCustomModel } from '@atpar/db/custom-endpoints'
import { shapeOfProvider } from '@atpar/providers/custom-endpoint'
import { defineAct } from '../define-act.ts'
import { checkTask, modelSchema, unknownEndpoint } from './endpoint-fields.ts'

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
    await setCustomModel(act.tx, act.orgId, { endpointId, model })
    const modelId = customModelId(known.name, model.name)
    await act.audit({
      action: 'custom-model-set',
      subjectKind: 'custom-endpoint',
      subjectId: endpointId,
      after: {
        model: modelId,
        upstreamModel: model.upstreamModel,
        task: model.task,
        inputPusd: model.inputPusd?.toString() ?? null,
        outputPusd: model.outputPusd?.toString() ?? null,
      },
    })
    return { modelId }
  },
})
