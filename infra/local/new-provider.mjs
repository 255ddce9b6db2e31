// `npm run new:provider -- --id my-host --name "My Host" --base-url https://api.my-host.example/v1 --docs https://… --prices https://…`: writes what a
// new provider needs. What is not given is asked for, where somebody can answer.
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { describeNextSteps, findProblems, planProviderFiles } from './new-provider-files.mjs'
import { inRoot } from './paths.mjs'

const QUESTIONS = /** @type {const} */ ([
  { flag: 'id', question: 'Id (lower-case words joined by dashes)' },
  { flag: 'name', question: 'Name as people write it' },
  { flag: 'base-url', question: 'Base URL (everything before /chat/completions)' },
  { flag: 'docs', question: 'Page that documents its API' },
  { flag: 'prices', question: 'Page with its prices' },
])

const { values } = parseArgs({
  options: {
    id: { type: 'string' },
    name: { type: 'string' },
    'base-url': { type: 'string' },
    docs: { type: 'string' },
    prices: { type: 'string' },
    dialect: { type: 'string', default: 'openai-chat' },
  },
})

/** @param {(typeof QUESTIONS)[number]} asked */
async function answer({ flag, question }) {
  const given = values[flag]
  if (given !== undefined || !process.stdin.isTTY) return given ?? ''
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return (await terminal.question(`${question}: `)).trim()
  } finally {
    terminal.close()
  }
}

/** @type {string[]} */
const given = []
for (const asked of QUESTIONS) given.push(await answer(asked))
const [id = '', name = '', baseUrl = '', docs = '', prices = ''] = given

const answers = {
  id,
  name,
  baseUrl,
  docs,
  prices,
  dialect: /** @type {import('./new-provider-files.mjs').ProviderAnswers['dialect']} */ (values.dialect),
  today: new Date().toISOString().slice(0, 10),
}
const read = (/** @type {string} */ path) => readFileSync(inRoot(path), 'utf8')
const current = {
  registry: read('packages/providers/src/registry.ts'),
  variables: read('infra/local/env-variables.mjs'),
  example: read('.env.example'),
}

const problems = findProblems(answers, current)
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`)
  process.exitCode = 1
} else {
  for (const { path, text } of planProviderFiles(answers, current)) {
    writeFileSync(inRoot(path), text)
    process.stdout.write(`wrote ${path}\n`)
  }
  process.stdout.write(`${describeNextSteps(answers)}\n`)
}
