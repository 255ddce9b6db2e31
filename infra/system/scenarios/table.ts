import { PROCESS_SCENARIOS } from './processes.ts'
import { PROVIDER_SCENARIOS } from './providers.ts'
import { REDIS_SCENARIOS } from './redis.ts'
import type { Scenario } from './scenario.ts'
import { STORAGE_SCENARIOS } from './storage.ts'
import { STRIPE_SCENARIOS } from './stripe.ts'
import { TIME_SCENARIOS } from './time.ts'
import { WEBHOOK_SCENARIOS } from './webhooks.ts'

/** Every fault scenario there is, by number: `npm run prove -- money --scenario 7` plays one in full. */
export const SCENARIOS: readonly Scenario[] = [
  ...PROCESS_SCENARIOS,
  ...REDIS_SCENARIOS,
  ...STORAGE_SCENARIOS,
  ...PROVIDER_SCENARIOS,
  ...TIME_SCENARIOS,
  ...STRIPE_SCENARIOS,
  ...WEBHOOK_SCENARIOS,
].toSorted((one, other) => one.number - other.number)
