/**
 * What it takes to add a provider, as the texts of files: `new-provider.mjs` asks and writes, this decides. Pure, so that a test can read along.
 * @typedef {object} ProviderAnswers
 * @property {string} id lower-case words joined by dashes: names the file, and everything else in the catalogue
 * @property {string} name as people write it
 * @property {string} baseUrl everything before the format's own path
 * @property {'openai-chat' | 'anthropic-messages' | 'gemini'} dialect
 * @property {string} docs the provider's own page about its API
 * @property {string} prices the provider's own list of prices
 * @property {string} today `YYYY-MM-DD`
 *
 * @typedef {object} CurrentFiles
 * @property {string} registry packages/providers/src/registry.ts
 * @property {string} variables infra/local/env-variables.mjs
 * @property {string} example .env.example
 *
 * @typedef {object} FileText
 * @property {string} path relative to the root
 * @property {string} text
 */

const DIALECTS = /** @type {const} */ ({
  'openai-chat': {
    auth: "{ kind: 'bearer' }",
    quirks:
      "{ streamUsage: 'asked', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: false }",
    simulator: '/custom/v1',
    parameters: 'OPEN_SERVER_PARAMETERS',
  },
  'anthropic-messages': {
    auth: "{ kind: 'header', name: 'x-api-key', extra: { 'anthropic-version': '2023-06-01' } }",
    quirks:
      "{ streamUsage: 'always', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: true }",
    simulator: '/anthropic/v1',
    parameters: null,
  },
  gemini: {
    auth: "{ kind: 'header', name: 'x-goog-api-key' }",
    quirks:
      "{ streamUsage: 'always', streamUsageField: null, maxOutputField: 'maxOutputTokens', refusesUnknownFields: true }",
    simulator: '/gemini/v1beta',
    parameters: null,
  },
})

const ID = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
const isSecureUrl = (/** @type {string} */ text) => URL.canParse(text) && new URL(text).protocol === 'https:'

/**
 * Everything that is wrong with what was given, each with what to do.
 * @param {ProviderAnswers} answers
 * @param {CurrentFiles} current
 */
export function findProblems(answers, current) {
  const problems = []
  if (!ID.test(answers.id)) problems.push(`--id "${answers.id}": lower-case words joined by dashes, such as my-host.`)
  else if (current.registry.includes(`from './${answers.id}.ts'`))
    problems.push(
      `--id "${answers.id}": there is a provider of that name; edit packages/providers/src/${answers.id}.ts.`,
    )
  else if (current.variables.includes(`  ${settingOf(answers.id)}_API_KEY:`))
    problems.push(`--id "${answers.id}": ${settingOf(answers.id)}_API_KEY belongs to another provider.`)
  if (answers.name.trim() === '' || /['\\\n]/.test(answers.name))
    problems.push('--name: as people write it, without quotes.')
  for (const flag of /** @type {const} */ (['baseUrl', 'docs', 'prices']))
    if (!isSecureUrl(answers[flag]) || answers[flag].includes("'"))
      problems.push(`--${flag === 'baseUrl' ? 'base-url' : flag}: an address that begins with https://.`)
  if (!(answers.dialect in DIALECTS)) problems.push(`--dialect: one of ${Object.keys(DIALECTS).join(', ')}.`)
  return problems
}

/** @param {string} id */
const settingOf = (id) => id.toUpperCase().replaceAll('-', '_')

/** @param {string} id */
const constantOf = (id) => id.replace(/-([a-z0-9])/g, (_match, /** @type {string} */ letter) => letter.toUpperCase())

/**
 * The new files and the changed ones. `findProblems` has found nothing.
 * @param {ProviderAnswers} answers
 * @param {CurrentFiles} current
 * @returns {readonly FileText[]}
 */
export const planProviderFiles = (answers, current) => [
  { path: `packages/providers/src/${answers.id}.ts`, text: writeProvider(answers) },
  { path: 'packages/providers/src/registry.ts', text: register(current.registry, answers.id) },
  { path: `prisma/seed/prices/${answers.id}.json`, text: writeOverlay(answers) },
  {
    path: 'infra/local/env-variables.mjs',
    text: insertBefore(
      current.variables,
      '  OPENROUTER_API_KEY:',
      `  ${settingOf(answers.id)}_API_KEY: providerKey(),\n`,
    ),
  },
  {
    path: '.env.example',
    text: ['_API_KEY=', '_BASE_URL='].reduce(
      (text, end) => insertBefore(text, `OPENROUTER${end}`, `${settingOf(answers.id)}${end}\n`),
      current.example,
    ),
  },
]

/** @param {ProviderAnswers} answers */
function writeProvider({ id, name, baseUrl, dialect, docs, prices }) {
  const { auth, quirks, simulator, parameters } = DIALECTS[dialect]
  const knows = parameters !== null
  return `import type { Provider } from './contract.ts'
${knows ? `import { ${parameters} } from './parameters.ts'\n` : ''}
export const ${constantOf(id)}: Provider = {
  id: '${id}',
  displayName: '${name}',
  baseUrl: '${baseUrl.replace(/\/+$/, '')}',
  baseUrlEnv: '${settingOf(id)}_BASE_URL',
  dialect: '${dialect}',
  auth: ${auth},
  credentialEnv: '${settingOf(id)}_API_KEY',
  keyCheckPath: '/models',
  local: false,
  // Whether a closed connection ends the bill is not known, so the answer is read to its final count.
  cancelPolicy: 'drain',
  quirks: ${quirks},
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: false,
    audioInput: false,
    jsonSchema: true,
    reasoning: true,
    multipleChoices: ${knows},
    logprobs: ${knows},
    promptCache: 'none',
  },
  parameters: ${parameters},
  links: { docs: '${docs}', prices: '${prices}', status: null },
  priceSourceId: null,
  simulatorPath: '${simulator}',
}
`
}

/** @param {ProviderAnswers} answers */
const writeOverlay = ({ id, name, prices, today }) =>
  `${JSON.stringify({ provider: id, checkedOn: today, note: `List prices of ${name} in USD per million tokens, read at ${prices}.`, prices: [] }, null, 2)}\n`

/**
 * Imports stand in the order of their files; the list is the order in which people see providers, routers of others and one's own last.
 * @param {string} registry
 * @param {string} id
 */
function register(registry, id) {
  const line = `import { ${constantOf(id)} } from './${id}.ts'`
  const imports = registry.match(/^import .* from '\.\/.*'$/gm) ?? []
  const after = imports.findLast((each) => fileOf(each) < id)
  const placed = after === undefined ? `${line}\n${registry}` : registry.replace(after, `${after}\n${line}`)
  return insertBefore(placed, '  openrouter,\n', `  ${constantOf(id)},\n`)
}

/** @param {string} line */
const fileOf = (line) => /'\.\/(.*)\.ts'$/.exec(line)?.[1] ?? ''

/**
 * @param {string} text
 * @param {string} mark
 * @param {string} added
 */
function insertBefore(text, mark, added) {
  const at = text.indexOf(mark)
  if (at === -1) throw new Error(`"${mark.trim()}" is not where it was; add "${added.trim()}" by hand.`)
  return text.slice(0, at) + added + text.slice(at)
}

/**
 * What a person does then.
 * @param {ProviderAnswers} answers
 */
export const describeNextSteps = ({ id, docs, prices }) => `Next:
  1. packages/providers/src/${id}.ts: check every line against ${docs}, above all auth, parameters, quirks and
     what it bills when a caller hangs up (cancelPolicy). Cite the page where a fact is not obvious.
  2. prisma/seed/prices/${id}.json: the prices of ${prices}, as decimal text with the page as source.
  3. prisma/seed/prices/models/: name ${id} among the offerings of the models it serves. One without a price says why: "unpriced".
  4. npm run check; the conformance tests run over the new file by themselves.`
