import { expect, test } from 'vitest'

import { behaviourNamed, directiveOfModel, directiveOfText } from './directives.ts'

test('a directive is found anywhere in a text', () => {
  expect(directiveOfText('Hello [[sim:{"tokens":40,"delay_ms":5}]] there')).toEqual({ tokens: 40, delay_ms: 5 })
})

test('brackets inside the JSON do not end it', () => {
  expect(directiveOfText('[[sim:{"tool":["a","b"]}]]')).toEqual({ tool: ['a', 'b'] })
})

test('a text without a directive asks for nothing', () => {
  expect(directiveOfText('nothing [[here]]')).toBeUndefined()
})

test('a misspelt word is refused, so that it cannot pass for a behaviour', () => {
  expect(() => directiveOfText('[[sim:{"token":40}]]')).toThrow(/token/)
  expect(() => directiveOfText('[[sim:{"status":200}]]')).toThrow(/status/)
  expect(() => directiveOfText('[[sim:{tokens:40}]]')).toThrow(/expected/)
  expect(() => directiveOfText('[[sim:{"tokens":40}')).toThrow(/expected/)
})

test('the end of a model name asks for a behaviour', () => {
  expect(directiveOfModel('gpt-4o-sim-status-503')).toEqual({ status: 503 })
  expect(directiveOfModel('gpt-4o-sim-hang-mid')).toEqual({ hang: 'mid' })
  expect(directiveOfModel('gpt-4o')).toBeUndefined()
})

test('only names that mean something are behaviours', () => {
  expect(behaviourNamed('status_429')).toEqual({ status: 429, retry_after: 1 })
  expect(behaviourNamed('status_200')).toBeUndefined()
  expect(behaviourNamed('explode')).toBeUndefined()
})
