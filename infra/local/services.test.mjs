import { randomBytes } from 'node:crypto'
import { formatSealingPublicKey, parseSealingPrivateKeys } from '@atpar/crypto/sealing'
import { expect, it } from 'vitest'
import { sealingPublicKey } from './sealing-key.mjs'
import { describeServices } from './services.mjs'

const secret = () => randomBytes(32).toString('hex')
const secrets = {
  KEY_PEPPER_ID: 'p1',
  KEY_PEPPER: secret(),
  SESSION_SECRET: secret(),
  SEALING_PRIVATE_KEYS: `${secret()},${secret()}`,
  ROLE_PASSWORD_SECRET: secret(),
  INTERNAL_TOKEN: secret(),
  STRIPE_WEBHOOK_SECRET: `whsec_${secret()}`,
  POSTGRES_PASSWORD: secret(),
  REDIS_PASSWORD: secret(),
  DEMO_PASSWORD: secret(),
  INSTANCE_ID: secret(),
}
const OPENAI_API_KEY = 'sk-platform-key'
const installation = {
  node: 'node',
  settings: { OPENAI_API_KEY },
  secrets,
  ports: { proxy: 1, dashboard: 2, worker: 3, shipper: 4, simulators: 5, mail: 6 },
  host: '127.0.0.1',
  databaseUrl: 'postgres://owner:password@127.0.0.1:5432/atpar',
  redisUrl: 'redis://127.0.0.1:6379',
  dashboardUrl: 'http://127.0.0.1:2',
  proxyUrl: 'http://127.0.0.1:1',
  isSimulating: false,
  commit: 'c0ffee',
}
const services = describeServices(installation)

/** @param {string} text */
const toldOf = (text) =>
  services.flatMap(({ name, env }) => (Object.values(env).some((value) => value?.includes(text)) ? [name] : []))

it('tells the proxy alone the private sealing keys and the platform’s provider keys', () => {
  for (const key of secrets.SEALING_PRIVATE_KEYS.split(',')) expect(toldOf(key)).toEqual(['proxy'])
  expect(toldOf(OPENAI_API_KEY)).toEqual(['proxy'])
})

it('tells the dashboard alone the public one', () => {
  expect(toldOf(sealingPublicKey(secrets.SEALING_PRIVATE_KEYS))).toEqual(['dashboard'])
})

it('makes the public key of the first private one, as packages/crypto does', () => {
  const [first] = parseSealingPrivateKeys(secrets.SEALING_PRIVATE_KEYS)
  expect(sealingPublicKey(secrets.SEALING_PRIVATE_KEYS)).toBe(formatSealingPublicKey(first.publicKey))
})

/** @param {Record<string, string>} settings @param {boolean} isSimulating */
const stripeOf = (settings, isSimulating) =>
  Object.fromEntries(
    describeServices({ ...installation, settings, isSimulating }).map(({ name, env }) => [
      name,
      [env['STRIPE_SECRET_KEY'], env['STRIPE_API_URL'], env['STRIPE_WEBHOOK_URL'], env['STRIPE_WEBHOOK_SECRET']],
    ]),
  )

it('collects on the simulated Stripe without a key, at Stripe with one, nowhere without either', () => {
  const key = 'sk_live_of_this_platform'
  const secretOf = secrets.STRIPE_WEBHOOK_SECRET
  const none = [undefined, undefined, undefined, undefined]
  expect(stripeOf({}, true)).toMatchObject({
    simulators: [undefined, undefined, 'http://127.0.0.1:2/api/stripe/webhook', secretOf],
    worker: ['sk_test_simulated', 'http://127.0.0.1:5', undefined, undefined],
    dashboard: ['sk_test_simulated', 'http://127.0.0.1:5', undefined, secretOf],
    proxy: none,
  })
  expect(stripeOf({ STRIPE_SECRET_KEY: key }, true)).toMatchObject({
    simulators: none,
    worker: [key, undefined, undefined, undefined],
    dashboard: [key, undefined, undefined, secretOf],
    proxy: none,
  })
  expect(stripeOf({}, false)).toMatchObject({ simulators: none, worker: none, dashboard: none })
})
