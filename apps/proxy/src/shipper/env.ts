import { z } from 'zod'
import { countVariable, portVariable, readEnv, urlVariable } from '@atpar/config/read-env'

/** The one place where the shipper reads its environment. @throws EnvError listing every problem. */
export const readShipperEnv = () =>
  readEnv(
    {
      HOST: z.string().default('127.0.0.1'),
      PORT: portVariable(),
      INSTANCE_ID: z.string().default('local'),
      LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      JOURNAL_DIR: z.string().min(1, 'expected a folder'),
      DATABASE_URL_SHIPPER: urlVariable('postgres:', 'postgresql:'),
      REDIS_URL: urlVariable('redis:', 'rediss:'),
      SHIPPER_BATCH: countVariable('the number of events in a batch', 1, 5_000).default(500),
      SHIPPER_INTERVAL_MS: countVariable('milliseconds', 1, 10_000).default(150),
      /** How long what Postgres has confirmed is kept all the same, for the day on which a standby without it takes over. */
      JOURNAL_KEEP_HOURS: countVariable('hours', 0, 24 * 30).default(24),
      /** Whichever comes first. */
      JOURNAL_KEEP_MEGABYTES: countVariable('megabytes', 0, 1_000_000).default(2_048),
    },
    process.env,
  )
