import { z } from 'zod'
import { PROVIDERS } from '@atpar/providers/registry'
import { parseNetworks } from './http/networks.ts'
import { countVariable, portVariable, readEnv, switchVariable, urlVariable } from '@atpar/config/read-env'

/** Checked in full by `parsePeppers`; here so that it is reported with everything else that is wrong. */
const PEPPERS = /^[A-Za-z0-9]{1,16}:[0-9a-fA-F]{32,128}(,[A-Za-z0-9]{1,16}:[0-9a-fA-F]{32,128})*$/

const SEALING_KEYS = /^[0-9a-f]{64}(,[0-9a-f]{64})*$/

/** Each provider names the settings that hold its key and its address; a new provider needs no line here. */
const providerVariables = (): Record<string, z.ZodOptional<z.ZodString>> => {
  const names = PROVIDERS.flatMap((provider) => [
    provider.credentialEnv,
    provider.baseUrlEnv,
    ...(provider.credentialFields ?? []).map((field) => field.env),
  ]).filter((name) => name !== null)
  return Object.fromEntries(names.map((name) => [name, z.string().optional()]))
}

const networksVariable = () =>
  z.string().transform((text, context) => {
    try {
      return parseNetworks(text)
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : 'expected networks such as 10.0.0.0/8')
      return z.NEVER
    }
  })

/** The one place where the proxy reads its environment. @throws EnvError listing every problem. */
export const readProxyEnv = () => {
  return readEnv(
    {
      HOST: z.string().default('127.0.0.1'),
      PORT: portVariable(),
      INSTANCE_ID: z.string().default('local'),
      LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      SIMULATION: switchVariable().default('off'),
      SIMULATORS_URL: urlVariable('http:', 'https:').optional(),
      DATABASE_URL_GATEWAY: urlVariable('postgres:', 'postgresql:'),
      REDIS_URL: urlVariable('redis:', 'rediss:'),
      KEY_PEPPERS: z
        .string()
        .regex(PEPPERS, 'expected one or more id:hex pairs, 32 to 128 hexadecimal digits each, separated by commas'),
      SEALING_PRIVATE_KEYS: z
        .string()
        .regex(SEALING_KEYS, 'expected one or more keys of 64 lower-case hexadecimal digits, separated by commas'),
      INTERNAL_TOKEN: z.string().min(32, 'expected at least 32 characters'),
      JOURNAL_DIR: z.string().min(1, 'expected a folder'),
      SNAPSHOT_FILE: z.string().optional(),
      PROXY_ID: z
        .string()
        .regex(/^[a-z0-9-]{1,40}$/, 'expected lower case letters, digits and dashes')
        .default('proxy-1'),
      PROXY_PROCESSES: countVariable('the number of processes', 1, 64).default(1),
      PROXY_DRAIN_SECONDS: countVariable('seconds', 0, 3_600).default(900),
      PROXY_LAME_DUCK_MS: countVariable('milliseconds', 0, 60_000).default(0),
      PROXY_REDIS_TIMEOUT_MS: countVariable('milliseconds', 5, 10_000).default(50),
      PROXY_LEASES: switchVariable().default('on'),
      /** All times of leases follow in proportion; a test shortens it. */
      PROXY_LEASE_MS: countVariable('milliseconds', 1_000, 300_000).default(30_000),
      TRUSTED_PROXIES: networksVariable().default([]),
      LOCAL_ENDPOINTS: switchVariable().default('off'),
      PROXY_MAX_STREAMS: countVariable('the number of streams', 1, 100_000).default(6_000),
      ...providerVariables(),
    },
    process.env,
  )
}

export type ProxyEnv = ReturnType<typeof readProxyEnv>

/** This process is one of several that a parent started; it serves instead of forking again. */
export const isForkedSlot = (): boolean => process.env['PROXY_SLOT'] !== undefined

/** The environment of one forked process: the parent's own, in its slot. */
export const slotEnv = (slot: number, baseId: string): NodeJS.ProcessEnv => ({
  ...process.env,
  PROXY_SLOT: String(slot),
  PROXY_ID: `${baseId}-${slot}`,
})
