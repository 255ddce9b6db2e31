import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { API_ASKS, type ApiAsk } from '../../test/authorization/api-asks.ts'
import { makeCompany, type Company, type Place } from '../../test/authorization/people.ts'
import { API_ADDRESS, fetchApi } from '../../test/call-api.ts'
import { undoing } from '../../test/undoing.ts'
import { provideDeps, readDeps } from '../deps.ts'
import type { ApiRoute } from './define-route.ts'
import { describeApi } from './openapi.ts'
import { ROUTES } from './route-table.ts'

// A real database on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 60_000 })

let world: ActWorld
let company: Company

beforeAll(async () => {
  world = await startActWorld()
  company = await makeCompany(world)
  // The rate limit has its own test.
  const throttle = { take: () => true, isOpen: () => true, forget: () => undefined }
  provideDeps({ ...readDeps(), db: undoing(world.db), throttle })
}, 120_000)
afterAll(() => world.stop())

const PLACEHOLDER = /\$(\w+)/g
const toPlaceholder = (name: string): string =>
  name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())

/** The whole call as one text with placeholders in it. */
interface Call {
  readonly route: ApiRoute
  readonly text: string
  /** Which ids it names. */
  readonly slots: readonly string[]
}

const toCall = (route: ApiRoute, ask: ApiAsk): Call => {
  const path = route.path.replace(/\{(\w+)\}/g, (_match, name: string) => `$${toPlaceholder(name)}`)
  const text = JSON.stringify({ path, ...ask })
  return { route, text, slots: [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''))] }
}

const CALLS = ROUTES.flatMap((route) => (API_ASKS[route.operation] ?? [{}]).map((ask) => toCall(route, ask))).filter(
  ({ slots }) => slots.length > 0,
)
const PROBES = CALLS.flatMap((call) => call.slots.map((slot) => ({ call, slot })))

const send = async (call: Call, idOf: (slot: string) => string) => {
  const filled = JSON.parse(call.text.replace(PLACEHOLDER, (_match, slot: string) => idOf(slot))) as {
    readonly path: string
  } & ApiAsk
  const search = new URLSearchParams(filled.query).toString()
  const response = await fetchApi(`${API_ADDRESS}/api/v1${filled.path}${search === '' ? '' : `?${search}`}`, {
    method: call.route.method,
    headers: { authorization: `Bearer ${company.managementKeys.admin}`, 'content-type': 'application/json' },
    ...(filled.body === undefined ? {} : { body: JSON.stringify(filled.body) }),
  })
  const requestId = response.headers.get('x-request-id') ?? ''
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) => name !== 'x-request-id'),
    text: (await response.text()).replace(requestId, 'the request'),
  }
}

const idFrom = (place: Place, slot: string): string => {
  const id = (place as unknown as Readonly<Record<string, string>>)[slot]
  if (id === undefined) throw new Error(`No place has ${slot}.`)
  return id
}

const idsNamedIn = (value: unknown, path: readonly string[] = []): readonly string[] => {
  if (typeof value !== 'object' || value === null) return []
  const own = path.at(-1) === 'properties' ? Object.keys(value).filter((name) => name.endsWith('_id')) : []
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => idsNamedIn(inner, [...path, name]))]
}

test('no id that the document names is left out', () => {
  const named = Object.values(describeApi().paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ operationId, parameters, requestBody }) =>
      [...parameters.map(({ name }) => name).filter((name) => name.endsWith('_id')), ...idsNamedIn(requestBody)].map(
        (name) => `${operationId} ${name}`,
      ),
    ),
  )
  const asked = CALLS.flatMap(({ route, text }) =>
    [...route.params, ...[...text.matchAll(/"(\w+_id)":/g)].map((match) => match[1] ?? '')].map(
      (name) => `${route.operation} ${name}`,
    ),
  )
  expect([...new Set(asked)].toSorted()).toEqual([...new Set(named)].toSorted())
})

test.each(CALLS.map((call) => [`${call.route.operation} ${call.text}`, call] as const))(
  '%s succeeds with ids of one’s own',
  async (_name, call) => {
    const answer = await send(call, (slot) => idFrom(company.places.red, slot))
    expect([answer.status, answer.status < 300 ? '' : answer.text]).toEqual([call.route.status, ''])
  },
)

describe.each(PROBES.map(({ call, slot }) => [`${call.route.operation} ${call.text}`, slot, call] as const))(
  '%s',
  (_name, slot, call) => {
    test(`answers another organization’s ${slot} byte for byte as one that nobody has`, async () => {
      const withOther = (place: Place) =>
        send(call, (candidate) => idFrom(candidate === slot ? place : company.places.red, candidate))
      const foreign = await withOther(company.places.foreign)
      expect(foreign).toEqual(await withOther(company.places.random))
      if (call.route.effect === 'write' || call.route.params.length > 0) expect(foreign.status).toBe(404)
    })
  },
)
