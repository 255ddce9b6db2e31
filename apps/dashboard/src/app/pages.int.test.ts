import { readdirSync } from 'node:fs'
import { can, holdsAnyForm, isScopedPermission, reaches } from '@atpar/core/permissions'
import { isHTTPAccessFallbackError } from 'next/dist/client/components/http-access-fallback/http-access-fallback.js'
import { isRedirectError } from 'next/dist/client/components/redirect-error.js'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { PAGES, type PageCase } from '../../test/authorization/pages.ts'
import { makeCompany, type Company, type Person } from '../../test/authorization/people.ts'
import { openSessionFor } from '../auth/session-token.ts'

// A real database on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 60_000 })

/** The cookie of the request that is being answered. */
const browser = vi.hoisted(() => ({ token: '' }))
vi.mock('next/headers', () => ({
  headers: () => Promise.resolve(new Headers()),
  cookies: () => Promise.resolve({ get: () => (browser.token === '' ? undefined : { value: browser.token }) }),
}))

type PlaceName = keyof Company['places']
type PageFunction = (props: {
  readonly params: Promise<{ readonly org: string; readonly id?: string }>
  readonly searchParams: Promise<object>
}) => Promise<unknown>

interface Visitor {
  readonly name: string
  readonly token: string
  readonly person: Person | null
}

const folder = `${import.meta.dirname}/[org]`
const routes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('/page.tsx'))
  .map((file) => file.slice(0, -'/page.tsx'.length))
  .toSorted()

let world: ActWorld
let company: Company
let visitors: readonly Visitor[]

beforeAll(async () => {
  world = await startActWorld()
  company = await makeCompany(world)
  const people: Visitor[] = []
  for (const person of company.people) {
    const { actor } = person.context
    // A management key opens no page.
    if (actor.kind === 'management-key') continue
    const token = await openSessionFor({ userId: actor.userId, method: 'password' }, { userAgent: null, ip: null })
    people.push({ name: person.name, token, person })
  }
  visitors = [
    { name: 'anonymous', token: '', person: null },
    { name: 'with a cookie nobody gave', token: 'a'.repeat(43), person: null },
    ...people,
  ]
}, 120_000)
afterAll(() => world.stop())

const SLUGS = ['ours', 'theirs', 'nobody-has-this'] as const
type Slug = (typeof SLUGS)[number]

interface Address {
  readonly slug: Slug
  readonly where: PlaceName
}

const WHERE: readonly PlaceName[] = ['red', 'blue', 'foreign', 'random']
const addressesOf = (entry: PageCase): readonly Address[] =>
  SLUGS.flatMap((slug) => (entry.id === undefined ? (['red'] as const) : WHERE).map((where) => ({ slug, where })))

interface Asked {
  readonly org: Slug
  readonly id?: string
}

const open = async (page: PageFunction, visitor: Visitor, asked: Asked): Promise<string> => {
  browser.token = visitor.token
  try {
    await page({ params: Promise.resolve(asked), searchParams: Promise.resolve({}) })
    return 'shown'
  } catch (error) {
    if (isHTTPAccessFallbackError(error)) return 'not found'
    if (isRedirectError(error)) return `sent to ${error.digest.split(';')[2] ?? ''}`
    throw error
  }
}

const expectedOf = (entry: PageCase, { person }: Visitor, { slug, where }: Address): string => {
  if (person === null) return `sent to /log-in?next=${encodeURIComponent(`/${slug}`)}`
  const { permission, id } = entry
  if (slug !== (person.isOurs ? 'ours' : 'theirs')) return 'not found'
  const { standing } = person
  const mayAtAll = isScopedPermission(permission) ? holdsAnyForm(standing, permission) : can(standing.role, permission)
  if (!mayAtAll) return 'not found'
  if (id === undefined) return 'shown'
  const isThere = person.isOurs ? where === 'red' || where === 'blue' : where === 'foreign'
  const isWithin = !isScopedPermission(permission) || reaches(standing, permission, company.places[where])
  return isThere && isWithin ? 'shown' : 'not found'
}

test('every page has its case, and every case its page', () => {
  expect(Object.keys(PAGES).toSorted()).toEqual(routes)
})

describe.each(routes)('%s', (route) => {
  test('is shown to whom the table says, and to everyone else is as if it never was', async () => {
    const entry = PAGES[route]
    if (entry === undefined) throw new Error('It has no case.')
    const { default: page } = (await import(`${folder}/${route}/page.tsx`)) as { readonly default: PageFunction }
    const [seen, wanted]: [string[], string[]] = [[], []]
    for (const visitor of visitors) {
      for (const address of addressesOf(entry)) {
        const id = entry.id?.(company.places[address.where])
        const cell = `${visitor.name}, ${address.slug}${id === undefined ? '' : `, ${address.where}`}`
        seen.push(`${cell}: ${await open(page, visitor, { org: address.slug, ...(id === undefined ? {} : { id }) })}`)
        wanted.push(`${cell}: ${expectedOf(entry, visitor, address)}`)
      }
    }
    expect(seen).toEqual(wanted)
  })
})
