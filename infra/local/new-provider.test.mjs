import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findProvider } from '@atpar/providers/registry'
import { buildUpstreamCall } from '@atpar/providers/upstream-call'
import { afterAll, describe, expect, it } from 'vitest'
import { describeNextSteps, findProblems, planProviderFiles } from './new-provider-files.mjs'
import { inRoot } from './paths.mjs'

const read = (/** @type {string} */ path) => readFileSync(inRoot(path), 'utf8')
const current = {
  registry: read('packages/providers/src/registry.ts'),
  variables: read('infra/local/env-variables.mjs'),
  example: read('.env.example'),
}
/** @type {import('./new-provider-files.mjs').ProviderAnswers} */
const answers = {
  id: 'my-host-2',
  name: 'My Host',
  baseUrl: 'https://api.my-host.example/v1/',
  dialect: 'openai-chat',
  docs: 'https://docs.my-host.example',
  prices: 'https://my-host.example/pricing',
  today: '2026-11-22',
}
const folder = mkdtempSync(join(tmpdir(), 'atpar-new-provider-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** @param {import('./new-provider-files.mjs').ProviderAnswers} given */
const textsOf = (given) => new Map(planProviderFiles(given, current).map(({ path, text }) => [path, text]))

/**
 * The record in a written file, as the registry would import it.
 * @param {string} text
 * @returns {Promise<Readonly<Record<string, any>>>}
 */
async function load(text) {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.mjs`)
  const parameters = pathToFileURL(inRoot('packages/providers/src/parameters.ts')).href
  writeFileSync(file, stripTypeScriptTypes(text).replace("'./parameters.ts'", `'${parameters}'`))
  return Object.values(await import(pathToFileURL(file).href))[0]
}

describe('a new provider', () => {
  it.each(/** @type {const} */ (['openai-chat', 'anthropic-messages', 'gemini']))(
    'that speaks %s has every member its neighbours have, and can be called',
    async (dialect) => {
      const provider = await load(textsOf({ ...answers, dialect }).get('packages/providers/src/my-host-2.ts') ?? '')
      const neighbour = findProvider('together') ?? {}
      expect(Object.keys(provider).toSorted()).toEqual(Object.keys(neighbour).toSorted())
      expect(provider).toMatchObject({
        id: 'my-host-2',
        dialect,
        credentialEnv: 'MY_HOST_2_API_KEY',
        cancelPolicy: 'drain',
      })
      const call = buildUpstreamCall(/** @type {any} */ (provider), {
        baseUrl: String(provider['baseUrl']),
        apiKey: 'sk-secret',
      })
      expect([call.origin, call.pathPrefix]).toEqual(['https://api.my-host.example', '/v1'])
      expect(JSON.stringify(call.headers)).toContain('sk-secret')
    },
  )

  it('is imported and listed once, before routers of others', () => {
    const registry = textsOf(answers).get('packages/providers/src/registry.ts') ?? ''
    expect(registry.split("import { myHost2 } from './my-host-2.ts'")).toHaveLength(2)
    expect(registry).toMatch(/\n  myHost2,\n  openrouter,\n/)
    expect(registry.replace("import { myHost2 } from './my-host-2.ts'\n", '').replace('  myHost2,\n', '')).toBe(
      current.registry,
    )
  })

  it('has its settings where they are checked and where people look', () => {
    const texts = textsOf(answers)
    expect(texts.get('infra/local/env-variables.mjs')).toContain('  MY_HOST_2_API_KEY: providerKey(),\n')
    expect(texts.get('.env.example')).toMatch(/\nMY_HOST_2_API_KEY=\n[^]*\nMY_HOST_2_BASE_URL=\n/)
  })

  it('has an empty list of prices that says where to read them', () => {
    const overlay = JSON.parse(textsOf(answers).get('prisma/seed/prices/my-host-2.json') ?? '')
    expect(overlay).toMatchObject({ provider: 'my-host-2', checkedOn: '2026-11-22', prices: [] })
    expect(overlay.note).toContain('https://my-host.example/pricing')
  })

  it('ends with what a person has to do', () => {
    expect(describeNextSteps(answers)).toContain('cancelPolicy')
  })
})

describe('what is wrong', () => {
  it('is told all at once, each with what would be right', () => {
    const wrong = { ...answers, id: 'My Host', name: '', baseUrl: 'http://x', docs: '', prices: 'nowhere' }
    expect(findProblems(wrong, current)).toHaveLength(5)
    expect(findProblems({ ...answers, dialect: /** @type {any} */ ('soap') }, current)[0]).toContain('openai-chat')
  })

  it('a provider that exists is not written over', () => {
    expect(findProblems({ ...answers, id: 'groq' }, current)).toEqual([expect.stringContaining('groq.ts')])
    // Another's setting under another's name: Z.ai is `zhipu`, its key ZAI_API_KEY.
    expect(findProblems({ ...answers, id: 'zai' }, current)).toEqual([expect.stringContaining('ZAI_API_KEY')])
  })

  it('is nothing where all is well', () => {
    expect(findProblems(answers, current)).toEqual([])
  })
})
