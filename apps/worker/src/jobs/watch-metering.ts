import type { Deps } from '../deps.ts'
import { watchMetering } from '../metering/watch-metering.ts'

/** An incident is an error in the log as well: that is what pages somebody. */
export const watchMeteringJob = async ({ pool, log }: Deps): Promise<void> => {
  for (const { kind, subject, summary } of await watchMetering(pool))
    log.error('metering-incident', { kind, subject, summary })
}
