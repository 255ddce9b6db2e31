import { expect, it } from 'vitest'
import type { Figure } from '../bench/figures.ts'
import type { ProveOptions } from './options.ts'
import { proveParts, type Part } from './parts.ts'

const figure = (name: string): Figure => ({ name, value: '1', reach: '1', ok: true })
const part = (name: string, rest: Partial<Part> = {}): Part => ({
  name,
  play: () => Promise.resolve([figure(name)]),
  ...rest,
})
const options = (rest: Partial<ProveOptions> = {}): ProveOptions => ({
  quick: false,
  seed: 1,
  requests: null,
  scenario: null,
  only: null,
  isStopped: () => false,
  note: () => {},
  ...rest,
})
const PARTS = [
  part('one'),
  part('two', { play: () => Promise.reject(new Error('no Redis')) }),
  part('three', { notQuick: 'it takes long' }),
]

it('a part that throws falls short with its reason, and the others go on', async () => {
  expect(await proveParts(PARTS, options())).toEqual([
    figure('one'),
    { name: 'two', value: 'could not be measured: no Redis', reach: 'measured', ok: false },
    figure('three'),
  ])
})

it('the quick form leaves out what is too long for it, unless it is what was asked for', async () => {
  const names = async (rest: Partial<ProveOptions>) => (await proveParts(PARTS, options(rest))).map(({ name }) => name)
  expect(await names({ quick: true })).toEqual(['one', 'two'])
  expect(await names({ quick: true, only: 'three' })).toEqual(['three'])
  expect(await names({ isStopped: () => true })).toEqual([])
  await expect(names({ only: 'four' })).rejects.toThrow('Parts: one, two, three')
})
