import { describe, expect, it } from 'vitest'
import { joinTags, readTags } from './tags.ts'

describe('tags of a request', () => {
  it('come from the header, trimmed, each once', () => {
    expect(readTags({ 'x-atpar-tags': 'batch-7, env:prod ,batch-7,' })).toEqual(['batch-7', 'env:prod'])
    expect(readTags({})).toEqual([])
  })

  it.each(['a b', 'ü', 'x'.repeat(65), '{x}'])('refuse %s', (tag) => {
    expect(() => readTags({ 'x-atpar-tags': `ok,${tag}` })).toThrow('is no tag')
  })

  it('are 16 at most', () => {
    const tags = Array.from({ length: 17 }, (_, index) => `t${index}`)
    expect(readTags({ 'x-atpar-tags': tags.slice(1).join(',') })).toHaveLength(16)
    expect(() => readTags({ 'x-atpar-tags': tags.join(',') })).toThrow('17 tags')
  })

  it('add to the labels of the key and never take one away', () => {
    expect(joinTags(['team-blue'], ['team-blue', 'x'])).toEqual(['team-blue', 'x'])
    expect(joinTags(['team-blue'], [])).toEqual(['team-blue'])
  })
})
