import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ACTS } from './catalogue.ts'

const names = ACTS.map((act) => act.definition.name)

describe('the catalogue of acts', () => {
  it('lists every act that is defined', () => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    const defined = files
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('define-act.ts'))
      .flatMap((file) => [
        ...readFileSync(`${import.meta.dirname}/${file}`, 'utf8').matchAll(/defineAct\(\{\s*name: '([\w-]+)'/g),
      ])
      .map((match) => match[1])
    expect([...names].toSorted((left, right) => left.localeCompare(right))).toEqual(
      defined.toSorted((left, right) => (left ?? '').localeCompare(right ?? '')),
    )
  })

  it('names no act twice', () => {
    expect(new Set(names).size).toBe(names.length)
  })
})
