import { isIP } from 'node:net'

/**
 * Every variable a person may set, in `.env` or in the environment. `.env.example` lists the same names (a test
 * compares the two), and a value that does not fit is reported with `expected`.
 * @typedef {object} Variable
 * @property {string} expected
 * @property {(value: string) => boolean} accepts
 * @property {string} [needs] another variable without which this one means nothing
 */

/** @param {string} value */
const isPort = (value) => /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535

/** @param {readonly string[]} schemes */
const isUrl =
  (...schemes) =>
  (/** @type {string} */ value) =>
    URL.canParse(value) && schemes.includes(new URL(value).protocol) && new URL(value).hostname !== ''

/** @param {string} value */
const isNetwork = (value) => {
  const [address = '', bits, ...more] = value.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
}

/** @param {string} value */
const isSecretText = (value) => /^\S{8,}$/.test(value) && !/^(?:x{3,}|changeme|your[-_].*)$/i.test(value)

/** @type {Variable} */
const port = { expected: 'a port number from 1 to 65535', accepts: isPort }
/** @type {Variable} */
const webAddress = { expected: 'an http:// or https:// address', accepts: isUrl('http:', 'https:') }
/** @type {Variable} */
const hex32 = {
  expected: '64 lower-case hexadecimal digits (make one by: openssl rand -hex 32)',
  accepts: (value) => /^[0-9a-f]{64}$/.test(value),
}

/** @param {string} start */
const providerKey = (start = '') => ({
  expected: start === '' ? "the provider's key, without spaces" : `the provider's key, which starts with ${start}`,
  accepts: (/** @type {string} */ value) => isSecretText(value) && value.startsWith(start),
})

/** @type {Variable} */
const serviceAccount = {
  expected: 'the JSON key of a Google service account, as one line',
  accepts: (value) => value.includes('"service_account"') && value.includes('PRIVATE KEY'),
}

/**
 * Each of these switches one provider from simulated to real.
 * @type {Readonly<Record<string, Variable>>}
 */
const PROVIDERS = {
  OPENAI_API_KEY: providerKey('sk-'),
  ANTHROPIC_API_KEY: providerKey('sk-ant-'),
  GEMINI_API_KEY: providerKey(),
  DEEPSEEK_API_KEY: providerKey('sk-'),
  DASHSCOPE_API_KEY: providerKey('sk-'),
  GROQ_API_KEY: providerKey('gsk_'),
  XAI_API_KEY: providerKey(),
  MOONSHOT_API_KEY: providerKey(),
  CEREBRAS_API_KEY: providerKey(),
  TOGETHER_API_KEY: providerKey(),
  FIREWORKS_API_KEY: providerKey(),
  MISTRAL_API_KEY: providerKey(),
  PERPLEXITY_API_KEY: providerKey('pplx-'),
  ZAI_API_KEY: providerKey(),
  MINIMAX_API_KEY: providerKey(),
  AI21_API_KEY: providerKey(),
  SAMBANOVA_API_KEY: providerKey(),
  NVIDIA_API_KEY: providerKey('nvapi-'),
  HUGGINGFACE_API_KEY: providerKey('hf_'),
  DEEPINFRA_API_KEY: providerKey(),
  NOVITA_API_KEY: providerKey(),
  SILICONFLOW_API_KEY: providerKey(),
  HYPERBOLIC_API_KEY: providerKey(),
  NEBIUS_API_KEY: providerKey(),
  AVIAN_API_KEY: providerKey(),
  OVHCLOUD_API_KEY: providerKey(),
  COHERE_API_KEY: providerKey(),
  VOYAGE_API_KEY: providerKey(),
  JINA_API_KEY: providerKey(),
  ELEVENLABS_API_KEY: providerKey(),
  DEEPGRAM_API_KEY: providerKey(),
  OPENROUTER_API_KEY: providerKey(),
  BEDROCK_API_KEY: { ...providerKey(), needs: 'BEDROCK_REGION' },
  VERTEX_SERVICE_ACCOUNT: serviceAccount,
  VERTEX_ANTHROPIC_SERVICE_ACCOUNT: serviceAccount,
  AZURE_OPENAI_API_KEY: { ...providerKey(), needs: 'AZURE_OPENAI_BASE_URL' },
  CUSTOM_API_KEY: providerKey(),
  CUSTOM_ANTHROPIC_API_KEY: providerKey(),
  CUSTOM_GEMINI_API_KEY: providerKey(),
  OLLAMA_URL: webAddress,
  OLLAMA_NATIVE_URL: webAddress,
  VLLM_URL: webAddress,
  LLAMA_CPP_URL: webAddress,
  LM_STUDIO_URL: webAddress,
}

/**
 * Where a provider with a key is reached, when that is not its public address (a regional one, a relay).
 * @param {string} name
 * @returns {[string, Variable][]}
 */
const addressOf = (name) => (name.endsWith('_API_KEY') ? [[name.replace(/_API_KEY$/, '_BASE_URL'), webAddress]] : [])

export const PROVIDER_VARIABLES = Object.keys(PROVIDERS)

/**
 * What a provider's credential consists of beside its key.
 * @param {RegExp} pattern
 * @param {string} example
 * @param {string} needs
 * @returns {Variable}
 */
const part = (pattern, example, needs) => ({
  expected: `text like ${example}`,
  accepts: (value) => pattern.test(value),
  needs,
})

/** @type {Readonly<Record<string, Variable>>} */
const PROVIDER_PARTS = {
  BEDROCK_REGION: part(/^[a-z]{2}(?:-[a-z]+)+-\d+$/, 'us-east-1', 'BEDROCK_API_KEY'),
  BEDROCK_ACCESS_KEY_ID: part(/^[A-Z0-9]{16,128}$/, 'AKIAIOSFODNN7EXAMPLE', 'BEDROCK_API_KEY'),
  BEDROCK_SESSION_TOKEN: part(/^[A-Za-z0-9+/=]{16,}$/, 'IQoJb3JpZ2luX2VjEXAMPLE', 'BEDROCK_ACCESS_KEY_ID'),
  VERTEX_PROJECT: part(/^[a-z][a-z0-9-]{5,29}$/, 'my-project-1234', 'VERTEX_SERVICE_ACCOUNT'),
  VERTEX_LOCATION: part(/^[a-z0-9-]+$/, 'europe-west1', 'VERTEX_SERVICE_ACCOUNT'),
  VERTEX_ANTHROPIC_PROJECT: part(/^[a-z][a-z0-9-]{5,29}$/, 'my-project-1234', 'VERTEX_ANTHROPIC_SERVICE_ACCOUNT'),
  VERTEX_ANTHROPIC_LOCATION: part(/^[a-z0-9-]+$/, 'europe-west1', 'VERTEX_ANTHROPIC_SERVICE_ACCOUNT'),
  AZURE_OPENAI_API_VERSION: part(/^20\d\d-\d\d-\d\d(?:-preview)?$/, '2024-10-21', 'AZURE_OPENAI_API_KEY'),
}

export const PROVIDER_PART_VARIABLES = Object.keys(PROVIDER_PARTS)

/** Where real providers are, for those of `PROVIDER_VARIABLES` that have another address than the public one. */
export const PROVIDER_ADDRESSES = PROVIDER_VARIABLES.flatMap(addressOf).map(([name]) => name)

/** @type {Variable} */
const clientText = { expected: 'text without spaces, as the provider gave it', accepts: (value) => /^\S+$/.test(value) }

/**
 * Other places people may sign in to the dashboard by.
 * @type {Readonly<Record<string, Variable>>}
 */
const SIGN_IN = {
  GITHUB_CLIENT_ID: { ...clientText, needs: 'GITHUB_CLIENT_SECRET' },
  GITHUB_CLIENT_SECRET: { ...clientText, needs: 'GITHUB_CLIENT_ID' },
  GOOGLE_CLIENT_ID: { ...clientText, needs: 'GOOGLE_CLIENT_SECRET' },
  GOOGLE_CLIENT_SECRET: { ...clientText, needs: 'GOOGLE_CLIENT_ID' },
  OIDC_ISSUER: { ...webAddress, needs: 'OIDC_CLIENT_ID' },
  OIDC_CLIENT_ID: { ...clientText, needs: 'OIDC_CLIENT_SECRET' },
  OIDC_CLIENT_SECRET: { ...clientText, needs: 'OIDC_ISSUER' },
  OIDC_NAME: {
    expected: '1 to 40 characters, what the button says after "Log in with"',
    accepts: (value) => value.length <= 40,
    needs: 'OIDC_ISSUER',
  },
}

/**
 * Keys that read what a provider bills and call no model.
 * @type {Readonly<Record<string, Variable>>}
 */
const REPORTS = { OPENAI_ADMIN_KEY: providerKey('sk-admin-'), ANTHROPIC_ADMIN_KEY: providerKey('sk-ant-admin') }

export const REPORT_VARIABLES = [...Object.keys(REPORTS), 'OPENAI_BASE_URL', 'ANTHROPIC_BASE_URL']

export const SIGN_IN_VARIABLES = Object.keys(SIGN_IN)

/**
 * Where money is collected. Without a key that is simulated too.
 * @type {Readonly<Record<string, Variable>>}
 */
const STRIPE = {
  STRIPE_SECRET_KEY: {
    expected: "Stripe's secret key, which starts with sk_ or rk_, test or live",
    accepts: (value) => /^[rs]k_(?:test|live)_\S{8,}$/.test(value),
    needs: 'STRIPE_WEBHOOK_SECRET',
  },
  STRIPE_WEBHOOK_SECRET: {
    expected:
      'the signing secret of the webhook endpoint, which starts with whsec_ (two separated by a comma while it is rotated)',
    accepts: (value) => /^whsec_\S{8,}$/.test(value) && !value.endsWith(','),
    needs: 'STRIPE_SECRET_KEY',
  },
  STRIPE_API_URL: { ...webAddress, needs: 'STRIPE_SECRET_KEY' },
  STRIPE_TAX: {
    expected: 'off, optional or required',
    accepts: (value) => ['off', 'optional', 'required'].includes(value),
  },
}

/** @type {Readonly<Record<string, Variable>>} */
export const VARIABLES = {
  HOST: {
    expected: 'an address to listen on, such as 127.0.0.1 or 0.0.0.0',
    accepts: (value) => /^[0-9a-f.:]+$|^localhost$/i.test(value),
  },
  DASHBOARD_PORT: port,
  PROXY_PORT: port,
  SIMULATORS_PORT: port,
  SMTP_PORT: port,
  DASHBOARD_URL: webAddress,
  PROXY_URL: webAddress,
  PROXY_PROCESSES: {
    expected: 'a whole number from 1 to 64',
    accepts: (value) => /^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= 64,
  },
  JOURNAL_KEEP_HOURS: {
    expected: 'a whole number of hours from 0 to 720',
    accepts: (value) => /^\d{1,3}$/.test(value) && Number(value) <= 720,
  },
  JOURNAL_KEEP_MEGABYTES: {
    expected: 'a whole number of megabytes from 0 to 1000000',
    accepts: (value) => /^\d{1,7}$/.test(value) && Number(value) <= 1_000_000,
  },
  TRUSTED_PROXIES: {
    expected: 'addresses or CIDRs of the load balancers in front, separated by commas, such as 10.0.0.0/8',
    accepts: (value) => value.split(',').every((part) => isNetwork(part.trim())),
  },
  LOCAL_ENDPOINTS: { expected: 'on or off', accepts: (value) => value === 'on' || value === 'off' },
  SOURCE_URL: webAddress,
  SIMULATION: { expected: 'on or off', accepts: (value) => value === 'on' || value === 'off' },
  LOG_LEVEL: {
    expected: 'one of debug, info, warn, error',
    accepts: (value) => ['debug', 'info', 'warn', 'error'].includes(value),
  },
  DATABASE_URL: {
    expected: 'postgres://user:password@host:port/database, of the role that will own the tables',
    accepts: isUrl('postgres:', 'postgresql:'),
  },
  REDIS_URL: { expected: 'redis://host:port or rediss://host:port', accepts: isUrl('redis:', 'rediss:') },
  SMTP_URL: { expected: 'smtp://user:password@host:port or smtps://…', accepts: isUrl('smtp:', 'smtps:') },
  MAIL_FROM: {
    expected: 'the sender of mails, such as Atpar <no-reply@example.com>',
    accepts: (value) => /^[^<>\r\n@]*<[^\s<>@]+@[^\s<>@]+>$|^[^\s<>@]+@[^\s<>@]+$/.test(value),
  },
  KEY_PEPPER: hex32,
  KEY_PEPPER_ID: {
    expected: '1 to 16 lower-case letters or digits',
    accepts: (value) => /^[a-z0-9]{1,16}$/.test(value),
    needs: 'KEY_PEPPER',
  },
  SESSION_SECRET: hex32,
  SEALING_PRIVATE_KEYS: {
    expected:
      'one or more keys of 64 lower-case hexadecimal digits, separated by commas, the newest first (make one by: openssl rand -hex 32)',
    accepts: (value) => /^[0-9a-f]{64}(?:,[0-9a-f]{64})*$/.test(value),
  },
  ROLE_PASSWORD_SECRET: hex32,
  INTERNAL_TOKEN: hex32,
  ...STRIPE,
  ...SIGN_IN,
  ...REPORTS,
  ...PROVIDERS,
  ...Object.fromEntries(PROVIDER_VARIABLES.flatMap(addressOf)),
  ...PROVIDER_PARTS,
}

/** With a database of one's own these have to be given: made up here, they would be lost with this folder. */
export const SECRET_NAMES = /** @type {const} */ ([
  'KEY_PEPPER',
  'SESSION_SECRET',
  'SEALING_PRIVATE_KEYS',
  'ROLE_PASSWORD_SECRET',
  'INTERNAL_TOKEN',
])

/**
 * @param {string} left
 * @param {string} right
 */
function isOneSlipApart(left, right) {
  const plain = (/** @type {string} */ name) => name.toUpperCase().replaceAll('_', '')
  const [a, b] = [plain(left), plain(right)]
  if (a === b) return true
  let start = 0
  while (start < a.length && a[start] === b[start]) start += 1
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1
  return Math.max(a.length, b.length) - start - end <= 2
}

/**
 * Checks every given value and returns all complaints at once.
 * @param {Readonly<Record<string, string | undefined>>} values
 * @returns {string[]}
 */
export function findBadValues(values) {
  const complaints = Object.entries(VARIABLES).flatMap(([name, variable]) => {
    const value = values[name]
    if (value === undefined) return []
    // A secret is not repeated on a screen that may be shared.
    const isSecret = SECRET_NAMES.some((secret) => secret === name) || /_KEY$|_URL$|_SECRET$/.test(name)
    const found = isSecret ? 'does not fit' : `is "${value}"`
    if (!variable.accepts(value)) return [`${name} ${found}: expected ${variable.expected}.`]
    if (variable.needs !== undefined && values[variable.needs] === undefined)
      return [`${name} is set without ${variable.needs}: set both or neither.`]
    return []
  })
  if (values['DATABASE_URL'] === undefined) return complaints
  const missing = SECRET_NAMES.filter((name) => values[name] === undefined)
  return [
    ...complaints,
    ...missing.map(
      (name) => `${name} is missing: with DATABASE_URL set it is required, ${VARIABLES[name]?.expected ?? ''}.`,
    ),
  ]
}

/**
 * Names in `.env` that we do not know but that look like one we do.
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function findLikelyTypos(names) {
  return names.flatMap((name) => {
    if (name in VARIABLES) return []
    const meant = Object.keys(VARIABLES).find((known) => isOneSlipApart(name, known))
    return meant === undefined ? [] : [`${name} is not a variable Atpar knows. Did you mean ${meant}?`]
  })
}
