import { z } from 'zod'
import { CUSTOM_TASKS } from '@atpar/core/custom-models'
import { SHAPE_NAMES } from '@atpar/providers/custom-endpoint'
import { addCustomEndpointAct } from '../../acts/custom-endpoints/add-custom-endpoint.ts'
import type { ShownEndpoint } from '../../acts/custom-endpoints/endpoint-fields.ts'
import { listCustomEndpointsAct } from '../../acts/custom-endpoints/list-custom-endpoints.ts'
import { readCustomEndpointAct } from '../../acts/custom-endpoints/read-custom-endpoint.ts'
import { removeCustomEndpointAct } from '../../acts/custom-endpoints/remove-custom-endpoint.ts'
import { removeCustomModelAct } from '../../acts/custom-endpoints/remove-custom-model.ts'
import { replaceCustomEndpointAct } from '../../acts/custom-endpoints/replace-custom-endpoint.ts'
import { setCustomModelAct } from '../../acts/custom-endpoints/set-custom-model.ts'
import { testCustomEndpointAct } from '../../acts/custom-endpoints/test-custom-endpoint.ts'
import { updateCustomEndpointAct } from '../../acts/custom-endpoints/update-custom-endpoint.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { id, instant, pageOf, pageQuery, toInstant, toInstantOrNull } from '../wire.ts'

const name = z.string().max(40).meta({ description: 'Its models are called `custom/<name>/<model>`.' })
const modelName = z.string().max(80).meta({ description: 'The end of `custom/<endpoint>/<model>`.' })
const usd = z.string().max(40).nullable().meta({
  description:
    'Decimal dollars for a million tokens, as you declare them, both or neither: they show in your usage, and never on an invoice.',
})

const customModel = z
  .strictObject({
    name: modelName,
    model: z.string().meta({ description: 'What callers send as `model`.' }),
    upstream_model: z.string(),
    task: z.enum(CUSTOM_TASKS),
    reasoning: z.boolean(),
    context_tokens: z.number().int().nullable(),
    max_output_tokens: z.number().int().nullable(),
    input_usd_per_million: usd,
    output_usd_per_million: usd,
    created_at: instant,
  })
  .meta({ id: 'CustomModel' })

const status = z
  .enum(['active', 'disabled', 'refused'])
  .meta({ description: '`refused`: the endpoint does not take the key.' })

const endpoint = z
  .strictObject({
    endpoint_id: id,
    name,
    label: z.string(),
    shape: z.enum(SHAPE_NAMES).meta({ description: 'The format it speaks.' }),
    status,
    base_url: z.string().nullable(),
    hint: z.string().meta({ description: 'The key’s last four characters, where enough others stay hidden.' }),
    header_names: z.array(z.string()),
    version: z.number().int().meta({ description: 'Counts the times its address, key or headers were replaced.' }),
    created_at: instant,
    replaced_at: instant,
    last_used_at: instant.nullable(),
    last_failed_at: instant.nullable(),
    last_error: z.string().nullable(),
    models: z.array(customModel),
  })
  .meta({ id: 'CustomEndpoint' })

const show = (shown: ShownEndpoint) => ({
  endpoint_id: shown.endpointId,
  name: shown.name,
  label: shown.label,
  shape: shown.shape,
  status: shown.status,
  base_url: shown.baseUrl,
  hint: shown.hint,
  header_names: [...shown.headerNames],
  version: shown.secretVersion,
  created_at: toInstant(shown.createdAtMs),
  replaced_at: toInstant(shown.secretSetAtMs),
  last_used_at: toInstantOrNull(shown.lastUsedAtMs),
  last_failed_at: toInstantOrNull(shown.lastFailedAtMs),
  last_error: shown.lastError,
  models: shown.models.map((model) => ({
    name: model.name,
    model: `custom/${shown.name}/${model.name}`,
    upstream_model: model.upstreamModel,
    task: model.task,
    reasoning: model.reasoning,
    context_tokens: model.contextTokens,
    max_output_tokens: model.maxOutputTokens,
    input_usd_per_million: model.inputUsdPerMillion,
    output_usd_per_million: model.outputUsdPerMillion,
    created_at: toInstant(model.createdAtMs),
  })),
})

const secretBody = {
  base_url: z.string().max(2_000).meta({
    description: 'Everything before `/chat/completions`, `/messages` or `/models/…`. A public https address.',
  }),
  endpoint_key: z
    .string()
    .max(1_000)
    .optional()
    .meta({ description: 'Left out where the endpoint asks for none. Sealed for the proxy; never shown again.' }),
  headers: z
    .record(z.string().max(100), z.string().max(2_000))
    .optional()
    .meta({ description: 'Sent with every call beside the key. Sealed with it.' }),
}

const toSecret = (body: {
  readonly base_url: string
  readonly endpoint_key?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}) => ({ baseUrl: body.base_url, apiKey: body.endpoint_key, headers: body.headers })

const TAG = 'Custom endpoints'

export const CUSTOM_ENDPOINT_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/custom-endpoints',
    operation: 'listCustomEndpoints',
    tag: TAG,
    summary: 'List your own endpoints',
    description: 'With their models; never a key or a header’s value.',
    act: listCustomEndpointsAct,
    query: z.strictObject(pageQuery),
    status: 200,
    answer: pageOf(endpoint),
    toInput: () => ({}),
    toAnswer: (endpoints, { query }) => pageOfAll(endpoints, { query, placeOf: (row) => row.endpointId, show }),
  }),
  defineRoute({
    method: 'POST',
    path: '/custom-endpoints',
    operation: 'addCustomEndpoint',
    tag: TAG,
    summary: 'Add an endpoint of your own',
    act: addCustomEndpointAct,
    body: z.strictObject({ name, label: z.string().max(80), shape: z.enum(SHAPE_NAMES), ...secretBody }),
    status: 201,
    answer: z.strictObject({ endpoint_id: id }).meta({ id: 'AddedCustomEndpoint' }),
    errors: ['conflict'],
    toInput: ({ body }) => ({ name: body.name, label: body.label, shape: body.shape, ...toSecret(body) }),
    toAnswer: ({ endpointId }) => ({ endpoint_id: endpointId }),
  }),
  defineRoute({
    method: 'GET',
    path: '/custom-endpoints/{endpoint_id}',
    operation: 'readCustomEndpoint',
    tag: TAG,
    summary: 'Read an endpoint',
    act: readCustomEndpointAct,
    status: 200,
    answer: endpoint,
    toInput: ({ params }) => ({ endpointId: params['endpoint_id'] }),
    toAnswer: show,
  }),
  defineRoute({
    method: 'PATCH',
    path: '/custom-endpoints/{endpoint_id}',
    operation: 'updateCustomEndpoint',
    tag: TAG,
    summary: 'Rename an endpoint, or switch it off and on',
    description: 'A new name renames its models for callers at once. Switching a refused one on tries it again.',
    act: updateCustomEndpointAct,
    body: z.strictObject({
      name: name.optional(),
      label: z.string().max(80).optional(),
      enabled: z.boolean().optional(),
    }),
    status: 204,
    errors: ['conflict'],
    toInput: ({ params, body }) => ({ endpointId: params['endpoint_id'], ...body }),
  }),
  defineRoute({
    method: 'PUT',
    path: '/custom-endpoints/{endpoint_id}/access',
    operation: 'replaceCustomEndpoint',
    tag: TAG,
    summary: 'Replace an endpoint’s address, key and headers',
    act: replaceCustomEndpointAct,
    body: z.strictObject(secretBody),
    status: 204,
    errors: ['conflict'],
    toInput: ({ params, body }) => ({ endpointId: params['endpoint_id'], ...toSecret(body) }),
  }),
  defineRoute({
    method: 'POST',
    path: '/custom-endpoints/{endpoint_id}/test',
    operation: 'testCustomEndpoint',
    tag: TAG,
    summary: 'Test an endpoint',
    description: 'The gateway asks it for its models, by the way that calls go.',
    act: testCustomEndpointAct,
    status: 200,
    answer: z
      .strictObject({
        result: z.enum(['ok', 'refused', 'unreachable', 'unexpected']),
        status_class: z.string().nullable().meta({ description: '`4xx` and the like; null when nothing answered.' }),
        models: z.array(z.string()).meta({ description: 'What it says it serves.' }),
        status,
      })
      .meta({ id: 'CustomEndpointTest' }),
    toInput: ({ params }) => ({ endpointId: params['endpoint_id'] }),
    toAnswer: (seen) => ({
      result: seen.result,
      status_class: seen.statusClass,
      models: [...seen.models],
      status: seen.status,
    }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/custom-endpoints/{endpoint_id}',
    operation: 'removeCustomEndpoint',
    tag: TAG,
    summary: 'Remove an endpoint',
    description: 'With its models; what went over it stays on record.',
    act: removeCustomEndpointAct,
    status: 204,
    toInput: ({ params }) => ({ endpointId: params['endpoint_id'] }),
  }),
  defineRoute({
    method: 'PUT',
    path: '/custom-endpoints/{endpoint_id}/models',
    operation: 'setCustomModel',
    tag: TAG,
    summary: 'Add a model to an endpoint, or describe it anew',
    act: setCustomModelAct,
    body: z.strictObject({
      name: modelName,
      upstream_model: z.string().max(200).meta({ description: 'What the endpoint calls it.' }),
      task: z.enum(CUSTOM_TASKS).optional(),
      reasoning: z.boolean().optional(),
      context_tokens: z.number().int().nullable().optional(),
      max_output_tokens: z.number().int().nullable().optional(),
      input_usd_per_million: usd.optional(),
      output_usd_per_million: usd.optional(),
    }),
    status: 200,
    answer: z.strictObject({ model: z.string() }).meta({ id: 'NamedCustomModel' }),
    toInput: ({ params, body }) => ({
      endpointId: params['endpoint_id'],
      model: {
        name: body.name,
        upstreamModel: body.upstream_model,
        task: body.task,
        reasoning: body.reasoning,
        contextTokens: body.context_tokens,
        maxOutputTokens: body.max_output_tokens,
        inputUsdPerMillion: body.input_usd_per_million,
        outputUsdPerMillion: body.output_usd_per_million,
      },
    }),
    toAnswer: ({ modelId }) => ({ model: modelId }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/custom-endpoints/{endpoint_id}/models',
    operation: 'removeCustomModel',
    tag: TAG,
    summary: 'Remove a model from an endpoint',
    act: removeCustomModelAct,
    query: z.strictObject({ name: modelName }),
    status: 204,
    toInput: ({ params, query }) => ({ endpointId: params['endpoint_id'], name: query.name }),
  }),
]
