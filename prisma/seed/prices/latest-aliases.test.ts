import { describe, expect, test } from 'vitest'
import { buildCatalogue } from './catalogue.ts'
import { findLatest, LATEST_ALIASES } from './latest-aliases.ts'

const { models } = buildCatalogue('2026-11-22')
const ownerOf = (alias: string): string | undefined => models.find(({ aliases }) => aliases.includes(alias))?.id

describe('names of the newest', () => {
  test.each([
    ['claude-sonnet-latest', 'claude-sonnet-5'],
    ['claude-opus-latest', 'claude-opus-5-5'],
    ['claude-haiku-latest', 'claude-haiku-4-5'],
    ['gpt-latest', 'gpt-6-sol'],
    ['gpt-mini-latest', 'gpt-5.4-mini'],
    ['gemini-flash-latest', 'gemini-3.8-flash'],
    ['grok-latest', 'grok-4.6'],
    ['kimi-latest', 'kimi-k3'],
    ['glm-latest', 'glm-5.3'],
  ])('%s is %s', (alias, id) => {
    expect(ownerOf(alias)).toBe(id)
  })

  test('every family has one', () => {
    for (const { alias } of LATEST_ALIASES) expect([alias, ownerOf(alias)]).not.toEqual([alias, undefined])
  })

  test('versions are compared as numbers, place by place', () => {
    const among = /^m-(\d+)(?:\.(\d+))?$/
    expect(findLatest(['m-4.9', 'm-4.10', 'm-4'], among)).toBe('m-4.10')
    expect(findLatest(['m-4.9', 'm-5', 'other'], among)).toBe('m-5')
    expect(findLatest(['m-5', 'm-5.0'], among)).toBe('m-5')
    expect(findLatest(['other'], among)).toBeNull()
  })
})
