import type { JsonObject } from '@atpar/core/json'
import { serviceIdOf, type RecentService } from '../health/recent-service.ts'
import { describePrices } from './describe-prices.ts'
import type { ModelView } from './model-view.ts'
import { describeArchitecture, describeEnd, describeObstacle, withTiers } from './openai-shape.ts'

/** `GET /v1/models/{id}/endpoints`: every offering of a model side by side, in OpenRouter's words. */
export const toEndpoints = (
  view: ModelView,
  facts: { readonly recent: RecentService; readonly nameOf: (providerId: string) => string },
): JsonObject => ({
  data: {
    id: view.model.id,
    name: view.model.displayName,
    created: Math.floor(view.model.createdAtMs / 1000),
    architecture: describeArchitecture(view),
    endpoints: view.offerings.map(({ offering, obstacle }) => {
      const figures = facts.recent.figuresOf(serviceIdOf(offering))
      return {
        name: `${facts.nameOf(offering.providerId)} | ${offering.upstreamModel}`,
        offering: offering.id,
        provider_name: facts.nameOf(offering.providerId),
        tag: offering.providerId,
        available: obstacle === null,
        ...describeObstacle({ offering, obstacle }),
        context_length: offering.contextTokens,
        max_completion_tokens: offering.maxOutputTokens,
        pricing: describePrices(offering.rates),
        ...withTiers(offering.rates),
        supported_parameters:
          offering.parameters === undefined || offering.parameters === null ? null : [...offering.parameters],
        ...describeEnd(offering),
        uptime_last_30m: round(figures.uptime, 4),
        latency_last_30m_ms: round(figures.latencyMs, 0),
        throughput_last_30m: round(figures.tokensPerSecond, 1),
      }
    }),
  },
})

const round = (value: number | null, decimals: number): number | null =>
  value === null ? null : Number(value.toFixed(decimals))
