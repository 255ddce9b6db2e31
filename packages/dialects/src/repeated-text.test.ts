import { describe, expect, test } from 'vitest'
import { RepeatedText } from './repeated-text.ts'

const eventOf = (text: string, rest: object = {}): string =>
  JSON.stringify({ id: 'c-1', choices: [{ index: 0, delta: { content: text }, finish_reason: null }], ...rest })

const learnt = (data: string, text: string): RepeatedText => {
  const repeated = new RepeatedText()
  repeated.learn(data, text)
  return repeated
}

describe('the text that repeats', () => {
  test('is found in an event that is otherwise the one that was learnt', () => {
    const repeated = learnt(eventOf(' one'), ' one')
    expect([' two', 'Grüße, 世界 😀', '{}', 'id'].map((text) => repeated.find(eventOf(text)))).toEqual([
      ' two',
      'Grüße, 世界 😀',
      '{}',
      'id',
    ])
  })

  test('is not looked for before an event was learnt', () => {
    expect(new RepeatedText().find(eventOf('one'))).toBeNull()
  })

  test.each([
    ['another id', eventOf('two').replace('c-1', 'c-2')],
    ['an end', eventOf('two').replace('null', '"stop"')],
    ['a member more behind it', eventOf('two', { usage: { prompt_tokens: 1 } })],
    ['no text', eventOf('')],
    ['an escape', eventOf('a "word"')],
    ['a line break, which JSON would not take', eventOf('two').replace('two', 't\nwo')],
    ['something behind its end', `${eventOf('two')} `],
    ['nothing behind its text', eventOf('two').slice(0, -8)],
  ])('is not found in an event with %s', (_name, data) => {
    expect(learnt(eventOf('one'), 'one').find(data)).toBeNull()
  })

  test('is found beside padding of any length, and only where the padding is all that differs', () => {
    const repeated = learnt(eventOf('one', { usage: null, obfuscation: 'x7' }), 'one')
    expect(repeated.find(eventOf('two', { usage: null, obfuscation: '' }))).toBe('two')
    expect(repeated.find(eventOf('three', { usage: null, obfuscation: 'abcdef' }))).toBe('three')
    expect(repeated.find(eventOf('two', { usage: { total_tokens: 3 }, obfuscation: 'a' }))).toBeNull()
    expect(repeated.find(eventOf('two', { usage: null, obfuscation: 'a', error: 'b' }))).toBeNull()
    expect(repeated.find(eventOf('two', { usage: null, obfuscation: 'a"b' }))).toBeNull()
  })

  test.each([
    ['stands there twice', eventOf('stop', { note: 'stop' }), 'stop'],
    ['is the name of a member too', eventOf('id'), 'id'],
    ['may stand there in other letters', eventOf('one', { note: 'a\nb' }), 'one'],
    ['does not stand there', eventOf('one'), 'two'],
  ])('is not learnt where it %s', (_name, data, text) => {
    expect(learnt(data, text).find(data)).toBeNull()
  })

  test('is forgotten with an event that says something else', () => {
    const repeated = learnt(eventOf('one'), 'one')
    repeated.learn(eventOf('', { usage: {} }), null)
    expect(repeated.find(eventOf('two'))).toBeNull()
  })

  test('is learnt no more in a stream whose events all differ, and goes on in one where now and then one does', () => {
    const stamped = (at: number): string => eventOf('one', { created: at })
    const differing = new RepeatedText()
    for (let at = 0; at < 20; at += 1) {
      expect(differing.find(stamped(at))).toBeNull()
      differing.learn(stamped(at), 'one')
    }
    expect(differing.find(stamped(19))).toBeNull()
    const mixed = new RepeatedText()
    for (let at = 0; at < 20; at += 1) {
      mixed.learn(stamped(at), 'one')
      expect(mixed.find(stamped(at))).toBe('one')
    }
  })
})
