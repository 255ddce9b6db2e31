/** Secrets of throw-away installations. They protect nothing. */
export const PEPPER = { id: 'sys1', secret: Buffer.alloc(32, 7) }
/** Its public half is made where it is needed. */
export const SEALING_PRIVATE_KEY = '5a'.repeat(32)
export const INTERNAL_TOKEN = '17'.repeat(32)
export const KEY_PEPPERS = `${PEPPER.id}:${PEPPER.secret.toString('hex')}`

/** Of the simulated Stripe. */
export const STRIPE_SECRET_KEY = 'sk_test_simulated'
export const STRIPE_WEBHOOK_SECRET = `whsec_${'system-test-'.repeat(3)}`
