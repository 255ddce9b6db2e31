import { readdirSync, readFileSync } from 'node:fs'
import { ENDPOINTS } from '@atpar/core/key-scope'
import { callerDialects } from '@atpar/dialects/registry'
import { taskCallers } from '@atpar/dialects/task-registry'
import { expect, test } from 'vitest'
import { findRoute, OFFERED, ROUTES } from './table.ts'

const deps = { dialects: callerDialects, formats: taskCallers }

const pathOf = (path: string): string => path.replace('{model}', 'some-model').replace(/\{\w+\}/g, 'some-id')

const paid = ROUTES.filter((route) => route.kind === 'paid')

test('each paid route is found by its path and opens an endpoint of its own, by which keys are scoped and usage is told', () => {
  const endpoints = paid.map((route) => {
    const path = pathOf(route.path)
    expect(findRoute(route.method, path)).toBe(route)
    return route.open(deps, path).endpoint
  })
  expect(new Set(endpoints).size).toBe(paid.length)
  for (const endpoint of endpoints) expect(ENDPOINTS).toContain(endpoint)
})

test('what is posted and not paid for is on this list, and nothing else', () => {
  const free = ROUTES.filter((route) => route.kind === 'free' && route.method === 'POST')
  expect(free.map(({ path }) => path)).toEqual([
    '/v1/messages/count_tokens',
    '/v1beta/models/{model}:countTokens',
    '/v1/responses/input_tokens',
    '/v1/route/simulate',
    '/v1/responses/{id}/cancel',
    '/internal/credentials/test',
    '/internal/contents/read',
  ])
})

const SOURCES = new URL('../', import.meta.url)

const filesThat = (pattern: RegExp): readonly string[] =>
  readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.test|\.int\.test)\.ts$/.test(name))
    .filter((name) => pattern.test(readFileSync(new URL(name, SOURCES), 'utf8')))
    .toSorted()

test('a provider is asked by the step that every paid call goes through, and by what costs nothing: counting, what is kept, and the test of a key', () => {
  expect(filesThat(/upstream\.send\(/)).toEqual([
    'call/dispatch.ts',
    'counting/count-input.ts',
    'routes/kept-response.ts',
    'routes/test-credential.ts',
  ])
})

test('the six steps have one way in, and it is taken by the server for every paid route', () => {
  expect(filesThat(/\bhandleCall\(/)).toEqual(['routes/infer.ts'])
  expect(filesThat(/(?<!const )\binfer\(deps/)).toEqual(['server.ts'])
})

test.each([
  ['POST', '/v1/files'],
  ['POST', '/v1/batches'],
  ['POST', '/v1/fine_tuning/jobs'],
  ['POST', '/v1/chat/completions/'],
  ['GET', '/v1/chat/completions'],
  ['POST', '/v1/models'],
  ['POST', '/v1beta/models/gemini-2.5-pro:predict'],
  ['POST', '/v1beta/cachedContents'],
  ['PUT', '/v1/embeddings'],
])('%s %s leads nowhere', (method, path) => {
  expect(findRoute(method, path)).toBeUndefined()
})

test('what is offered is told in words, without what is internal', () => {
  expect(OFFERED).toContain('POST /v1/embeddings')
  expect(OFFERED).not.toContain('internal')
})
