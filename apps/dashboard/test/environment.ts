/** Public half of a key that nobody keeps. */
const SEALING_PUBLIC_KEY = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'

/** What the dashboard reads of its environment and no test cares about; addresses and stores come on top. */
export const TEST_ENVIRONMENT = {
  NEXTAUTH_SECRET: 'a session secret only for tests',
  PROXY_URL: 'http://127.0.0.1:8080',
  SIMULATORS_URL: 'http://127.0.0.1:8090',
  SIMULATION: 'on',
  KEY_PEPPERS: `test:${'01'.repeat(32)}`,
  SEALING_PUBLIC_KEY,
  PROXY_INTERNAL_URL: 'http://127.0.0.1:8080',
  INTERNAL_TOKEN: '17'.repeat(32),
  SOURCE_COMMIT: '0123456789abcdef0123456789abcdef01234567',
}
