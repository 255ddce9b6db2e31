import { createStripe } from '@atpar/billing/client'
import { AppError } from '@atpar/core/errors'
import { can, holdsAnyForm, isScopedPermission, reaches } from '@atpar/core/permissions'
import { startSimulators, type Simulators } from '@atpar/simulators/start'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { CASES, type ActCase } from '../../test/authorization/cases.ts'
import { makeCompany, type Company, type Person, type Place } from '../../test/authorization/people.ts'
import { undoing } from '../../test/undoing.ts'
import { provideDeps, readDeps } from '../deps.ts'
import { ACTS } from './catalogue.ts'
import type { ActContext, RunnableAct } from './define-act.ts'

// A real database on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 60_000 })

let world: ActWorld
let company: Company
let simulators: Simulators

beforeAll(async () => {
  world = await startActWorld()
  company = await makeCompany(world)
  simulators = await startSimulators()
  const client = createStripe({ secretKey: 'sk_test_simulated', apiUrl: `http://127.0.0.1:${simulators.port}` })
  provideDeps({
    ...readDeps(),
    db: undoing(world.db),
    stripe: { client, webhook: { secrets: ['whsec_of_this_test_alone'], livemode: false } },
  })
}, 120_000)
afterAll(async () => {
  await simulators.close()
  await world.stop()
})

type Outcome = 'allowed' | 'forbidden' | 'not_found'
type PlaceName = keyof Company['places']
// Each with schemas of its own, which matter to none of what follows.
const acts = ACTS as readonly unknown[] as readonly RunnableAct<never, unknown>[]

interface Answer {
  readonly outcome: string
  readonly result: unknown
  readonly error: AppError | null
}

const contextOf = (name: string, { context }: Person): ActContext => {
  const before = CASES[name]?.before
  const { orgId, actor } = context
  if (before === undefined || actor.kind === 'management-key') return context
  return {
    ...context,
    around: {
      before: async (tx) => {
        await before(tx, orgId, actor.userId)
      },
      after: () => Promise.resolve(),
    },
  }
}

const run = async (act: RunnableAct<never, unknown>, person: Person, input: object): Promise<Answer> => {
  try {
    return { outcome: 'allowed', result: await act(contextOf(act.definition.name, person), input), error: null }
  } catch (error) {
    if (error instanceof AppError) return { outcome: error.code, result: null, error }
    throw error
  }
}

const mayAtAll = (person: Person, entry: ActCase, effect: 'read' | 'write'): boolean => {
  const { kind } = person.context.actor
  if (entry.isForPeople === true && kind !== 'member') return false
  if (effect === 'write' && kind === 'support') return false
  if (entry.refusedTo?.includes(person.name) === true) return false
  return isScopedPermission(entry.permission)
    ? holdsAnyForm(person.standing, entry.permission)
    : can(person.standing.role, entry.permission)
}

const isWithinReach = (person: Person, entry: ActCase, place: Place): boolean => {
  const reach = entry.reach ?? (isScopedPermission(entry.permission) ? entry.permission : null)
  return reach === null || reaches(person.standing, reach, place)
}

const expectedOf = (
  person: Person,
  { entry, effect }: { entry: ActCase; effect: 'read' | 'write' },
  where: PlaceName,
): Outcome => {
  if (!mayAtAll(person, entry, effect)) return 'forbidden'
  if (entry.about === 'nothing') return 'allowed'
  // For the other organization's owner, what is foreign to us is at home; that is their business, tested as ours is.
  const isThere = person.isOurs ? where === 'red' || where === 'blue' : where === 'foreign'
  return isThere && isWithinReach(person, entry, company.places[where]) ? 'allowed' : 'not_found'
}

const WHERE: readonly PlaceName[] = ['red', 'blue', 'foreign', 'random']
/** At home the other organization's owner meets themselves: its only owner, who can neither step down nor go, and no team of ours to go to. */
const CONCERN_THE_OWNER = new Set(['change-role', 'move-member', 'remove-member'])
const isSkipped = (name: string, person: Person, where: PlaceName) =>
  CONCERN_THE_OWNER.has(name) && !person.isOurs && where === 'foreign'

test('every act has its case, and every case its act', () => {
  expect(Object.keys(CASES).toSorted()).toEqual(acts.map((act) => act.definition.name).toSorted())
})

test.each(acts.map((act) => [act.definition.name, act] as const))(
  '%s asks for the permission that is stated for it',
  (name, act) => {
    expect(act.definition.permission).toBe(CASES[name]?.permission)
  },
)

describe.each(acts.map((act) => [act.definition.name, act] as const))('%s', (name, act) => {
  const entry = CASES[name]
  if (entry === undefined) return

  test('is allowed to whom the table says, there where it says, and to nobody else', async () => {
    const seen: string[] = []
    const wanted: string[] = []
    for (const person of company.people) {
      for (const where of entry.about === 'nothing' ? (['red'] as const) : WHERE) {
        if (isSkipped(name, person, where)) continue
        const { outcome } = await run(act, person, entry.input(company.places[where], company))
        seen.push(`${person.name}, ${where}: ${outcome}`)
        wanted.push(`${person.name}, ${where}: ${expectedOf(person, { entry, effect: act.definition.effect }, where)}`)
      }
    }
    expect(seen).toEqual(wanted)
  })

  test('tells a foreign id from one nobody has by nothing', async () => {
    if (entry.about === 'nothing') return
    for (const person of company.people.filter((candidate) => candidate.isOurs)) {
      const [foreign, random] = [
        await run(act, person, entry.input(company.places.foreign, company)),
        await run(act, person, entry.input(company.places.random, company)),
      ]
      const shape = ({ error }: Answer) => error && { code: error.code, message: error.message, param: error.param }
      expect(shape(foreign)).toEqual(shape(random))
    }
  })

  test('shows nothing of another organization, and of a colleague only what is within reach', async () => {
    if (act.definition.effect !== 'read' || entry.about !== 'nothing') return
    const { red, blue, foreign } = company.places
    for (const person of company.people) {
      const { result } = await run(act, person, entry.input(red, company))
      const text =
        JSON.stringify(result, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? ''
      const hidden = person.isOurs ? [foreign] : [red, blue]
      expect(hidden.flatMap((place) => Object.values(place)).filter((id) => text.includes(id))).toEqual([])
      const reach = entry.reach ?? (isScopedPermission(entry.permission) ? entry.permission : null)
      if (reach === null || !person.isOurs) continue
      for (const place of [red, blue]) {
        const shown = [place.keyId, place.budgetId, place.rateLimitId, place.requestId].some((id) => text.includes(id))
        if (shown) expect([person.name, reaches(person.standing, reach, place)]).toEqual([person.name, true])
        if (person.name === 'owner') expect(shown).toBe(true)
      }
    }
  })
})
