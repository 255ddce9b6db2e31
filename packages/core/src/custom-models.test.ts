import { describe, expect, test } from 'vitest'
import { describeCustomModels, type CustomEndpoint, type CustomModel } from './custom-models.ts'
import { layerSnapshot } from './layered-snapshot.ts'
import { pusd } from './money.ts'
import { planAttempts } from './routing.ts'
import type { Model, Snapshot } from './snapshot.ts'

const model = (name: string, more: Partial<CustomModel> = {}): CustomModel => ({
  name,
  upstreamModel: `their-${name}`,
  task: 'chat',
  reasoning: false,
  contextTokens: 8_192,
  maxOutputTokens: null,
  inputPusd: null,
  outputPusd: null,
  createdAtMs: 1,
  ...more,
})
const endpoint = (name: string, ...models: readonly CustomModel[]): CustomEndpoint => ({
  credentialId: `credential of ${name}`,
  providerId: 'custom',
  name,
  models,
})

const CATALOGUE_MODEL: Model = {
  id: 'gpt',
  displayName: 'GPT',
  family: 'gpt',
  author: 'Somebody',
  task: 'chat',
  reasoning: false,
  createdAtMs: 1,
  aliases: [],
  offeringIds: [],
}
const base: Snapshot = {
  version: 1,
  priceBookId: 1,
  clockOffsetMs: 0,
  models: new Map([['gpt', CATALOGUE_MODEL]]),
  aliases: new Map(),
  offerings: new Map(),
}

const required = (...endpoints: readonly CustomEndpoint[]) => {
  const catalogue = describeCustomModels(endpoints)
  if (catalogue === null) throw new Error('models were expected')
  return catalogue
}

describe('models at endpoints of one’s own', () => {
  test('are nothing where no endpoint has one', () => {
    expect(describeCustomModels([endpoint('house')])).toBeNull()
  })

  test('are called custom/<endpoint>/<model>, and run on that endpoint’s credential alone', () => {
    const { offerings } = required(endpoint('house', model('llama')), endpoint('barn', model('llama')))
    expect(
      [...offerings].map(([id, { credentialId, upstreamModel, funding }]) => [
        id,
        credentialId,
        upstreamModel,
        funding,
      ]),
    ).toEqual([
      ['custom/house/llama', 'credential of house', 'their-llama', 'byok'],
      ['custom/barn/llama', 'credential of barn', 'their-llama', 'byok'],
    ])
  })

  test('need no price to be called, and have the one that was declared', () => {
    const { offerings } = required(
      endpoint('house', model('free'), model('dear', { inputPusd: pusd(3n), outputPusd: pusd(0n) })),
    )
    expect(offerings.get('custom/house/free')?.rates).toBeNull()
    expect(offerings.get('custom/house/dear')?.rates?.rows[0]?.prices).toEqual({
      input_uncached: { amountPusd: 3n, perUnits: 1_000_000n },
      output_text: { amountPusd: 0n, perUnits: 1_000_000n },
    })
    const plan = planAttempts({
      snapshot: layerSnapshot(base, { ...required(endpoint('house', model('free'))) }),
      body: {},
      model: 'custom/house/free',
      allowedModels: [],
      health: () => 'closed',
      nowMs: 0,
      isReachable: () => true,
    })
    expect(plan.candidates.map(({ id }) => id)).toEqual(['custom/house/free'])
  })
})

describe('the catalogue with one organization’s models over it', () => {
  test('is both as one, however it is read, and leaves the catalogue as it was', () => {
    const { models } = layerSnapshot(base, required(endpoint('house', model('llama'))))
    const both = ['gpt', 'custom/house/llama']
    expect([models.size, [...models.keys()], [...models].map(([id]) => id)]).toEqual([2, both, both])
    expect([...models.values()].map(({ id }) => id)).toEqual(both)
    expect(both.map((id) => [models.has(id), models.get(id)?.id])).toEqual(both.map((id) => [true, id]))
    const seen: string[] = []
    models.forEach((_value, id) => seen.push(id))
    expect([seen, models.has('other'), models.get('other'), base.models.size]).toEqual([both, false, undefined, 1])
  })
})
