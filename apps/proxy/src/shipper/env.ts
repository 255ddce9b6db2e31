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
    },
    process.env,
  )
