import { z } from 'zod'

import { API_VERSION, type WebhookEndpoint } from '../objects.ts'
import { applyMetadata, boolean, clearable, listing, metadata, text } from '../params.ts'
import { refuse } from '../refusal.ts'
import { randomText, type World } from '../world.ts'
import { find, many, one, plain, type Route } from './route.ts'

/** Registers where events are sent; `secret` is made up unless it is given (a local start knows it beforehand). */
export function createEndpoint(
  world: World,
  given: { url: string; enabledEvents: readonly string[]; secret?: string; description?: string | null },
): WebhookEndpoint {
  if (!URL.canParse(given.url))
    throw refuse('Invalid URL: An explicit scheme (such as https) must be provided.', {
      code: 'url_invalid',
      param: 'url',
    })
  const endpoint: WebhookEndpoint = {
    id: world.newId('we'),
    object: 'webhook_endpoint',
    api_version: API_VERSION,
    application: null,
    created: world.now(),
    description: given.description ?? null,
    enabled_events: [...given.enabledEvents],
    livemode: false,
    metadata: {},
    secret: given.secret ?? `whsec_${randomText(32)}`,
    status: 'enabled',
    url: given.url,
  }
  world.tables.webhookEndpoints.set(endpoint.id, endpoint)
  return endpoint
}

/** Secrets are told once, at creation. */
function withoutSecret(endpoint: WebhookEndpoint): WebhookEndpoint {
  const { secret: _, ...rest } = endpoint
  return rest
}

const fields = {
  description: clearable.optional(),
  metadata: metadata.optional(),
}

const findEndpoint = (world: World, id: string | undefined) =>
  find(world.tables.webhookEndpoints, id, 'webhook endpoint')

export const eventRoutes: readonly Route[] = [
  many(
    '/v1/events',
    {
      ...listing,
      type: text.optional(),
      types: z.array(text).max(20).optional(),
      delivery_success: boolean.optional(),
    },
    (world, { type, types, delivery_success: isDelivered }) => ({
      items: [...world.tables.events.values()].filter(
        (event) =>
          (type === undefined || matchesType(event.type, type)) &&
          (types === undefined || types.some((one) => matchesType(event.type, one))) &&
          (isDelivered === undefined || (event.pending_webhooks === 0) === isDelivered),
      ),
    }),
  ),
  one({ method: 'GET', path: '/v1/events/:id' }, {}, (world, _, { ids: [id] }) =>
    find(world.tables.events, id, 'event'),
  ),
  one(
    { method: 'POST', path: '/v1/webhook_endpoints' },
    {
      ...fields,
      url: text,
      enabled_events: z.array(text).min(1),
      api_version: text.optional(),
      connect: boolean.optional(),
    },
    (world, params) => {
      const endpoint = createEndpoint(world, {
        url: params.url,
        enabledEvents: params.enabled_events,
        description: params.description ?? null,
      })
      endpoint.metadata = applyMetadata({}, params.metadata)
      return endpoint
    },
  ),
  many('/v1/webhook_endpoints', listing, (world) => ({
    items: [...world.tables.webhookEndpoints.values()].map(withoutSecret),
  })),
  one({ method: 'GET', path: '/v1/webhook_endpoints/:id' }, {}, (world, _, { ids: [id] }) =>
    withoutSecret(findEndpoint(world, id)),
  ),
  one(
    { method: 'POST', path: '/v1/webhook_endpoints/:id' },
    { ...fields, url: text.optional(), enabled_events: z.array(text).min(1).optional(), disabled: boolean.optional() },
    (world, params, { ids: [id] }) => {
      const endpoint = findEndpoint(world, id)
      if (params.url !== undefined) endpoint.url = params.url
      if (params.enabled_events !== undefined) endpoint.enabled_events = params.enabled_events
      if (params.disabled !== undefined) endpoint.status = params.disabled ? 'disabled' : 'enabled'
      if (params.description !== undefined) endpoint.description = params.description
      endpoint.metadata = applyMetadata(endpoint.metadata, params.metadata)
      return withoutSecret(endpoint)
    },
  ),
  plain({ method: 'DELETE', path: '/v1/webhook_endpoints/:id' }, {}, (world, _, { ids: [id] }) => {
    const endpoint = findEndpoint(world, id)
    world.tables.webhookEndpoints.delete(endpoint.id)
    return { id: endpoint.id, object: 'webhook_endpoint', deleted: true }
  }),
]

/** `invoice.*` means all of them. */
export function matchesType(type: string, wanted: string): boolean {
  if (wanted === '*') return true
  return wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted
}
