import { readFileSync } from 'node:fs'
import { PROVIDERS } from '@atpar/providers/registry'
import { describe, expect, it } from 'vitest'
import { parseEnvFile } from './env-file.mjs'
import { findBadValues, findLikelyTypos, SECRET_NAMES, VARIABLES } from './env-variables.mjs'
import { inRoot } from './paths.mjs'

const HEX = 'ab'.repeat(32)

describe('.env.example', () => {
  it('lists exactly the variables that are read, each without a value', () => {
    const { values, problems } = parseEnvFile(readFileSync(inRoot('.env.example'), 'utf8'))
    expect(problems).toEqual([])
    expect(Object.keys(values).toSorted()).toEqual(Object.keys(VARIABLES).toSorted())
    expect(new Set(Object.values(values))).toEqual(new Set(['']))
  })
})

describe('VARIABLES', () => {
  it('knows every key and address a provider of the registry asks for', () => {
    const asked = PROVIDERS.flatMap(({ credentialEnv, baseUrlEnv }) => [credentialEnv, baseUrlEnv]).filter(
      (name) => name !== null,
    )
    expect(Object.keys(VARIABLES)).toEqual(expect.arrayContaining(asked))
  })
})

describe('findBadValues', () => {
  it('accepts nothing at all, and values of the right form', () => {
    expect(findBadValues({})).toEqual([])
    const given = {
      PROXY_PORT: '8080',
      LOG_LEVEL: 'debug',
      OPENAI_API_KEY: 'sk-abcdefgh',
      OLLAMA_URL: 'http://box:11434',
    }
    expect(findBadValues(given)).toEqual([])
  })

  it('reports every bad value at once, each with its name and what is expected', () => {
    const complaints = findBadValues({ PROXY_PORT: '99999', LOG_LEVEL: 'loud', DASHBOARD_URL: 'example.com' })
    expect(complaints).toHaveLength(3)
    expect(complaints).toContain('PROXY_PORT is "99999": expected a port number from 1 to 65535.')
    expect(complaints).toContain('LOG_LEVEL is "loud": expected one of debug, info, warn, error.')
  })

  it('does not repeat a secret', () => {
    const [complaint] = findBadValues({ OPENAI_API_KEY: 'my-private-thing' })
    expect(complaint).toContain('OPENAI_API_KEY')
    expect(complaint).not.toContain('my-private-thing')
  })

  it('requires every secret with a database of one’s own', () => {
    const DATABASE_URL = 'postgres://me:pw@db.example/atpar'
    expect(findBadValues({ DATABASE_URL })).toHaveLength(SECRET_NAMES.length)
    const secrets = Object.fromEntries(SECRET_NAMES.map((name) => [name, HEX]))
    expect(findBadValues({ DATABASE_URL, ...secrets })).toEqual([])
  })

  it('refuses the name of a pepper without the pepper', () => {
    expect(findBadValues({ KEY_PEPPER_ID: 'p2' })).toEqual([
      'KEY_PEPPER_ID is set without KEY_PEPPER: set both or neither.',
    ])
  })
})

describe('findLikelyTypos', () => {
  it.each([
    ['OPENAI_APIKEY', 'OPENAI_API_KEY'],
    ['DASHBORD_PORT', 'DASHBOARD_PORT'],
    ['database_url', 'DATABASE_URL'],
  ])('takes %s for %s', (name, meant) => {
    expect(findLikelyTypos([name])).toEqual([`${name} is not a variable Atpar knows. Did you mean ${meant}?`])
  })

  it('leaves names of other programs alone', () => {
    expect(findLikelyTypos(['EDITOR', 'AWS_REGION'])).toEqual([])
  })
})
