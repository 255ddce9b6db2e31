import { describe, expect, it } from 'vitest'
import { createLogger, type Logger } from './logger.ts'

interface Captured {
  readonly log: Logger
  readonly written: () => string
  /** The last line, read as what a log collector would make of it. */
  readonly last: () => Record<string, unknown>
}

const capture = (level = 'debug'): Captured => {
  let text = ''
  const destination = {
    write: (line: string) => {
      text += line
    },
  }
  return {
    log: createLogger({ service: 'proxy', level, destination }),
    written: () => text,
    last: () => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>,
  }
}

const CANARY = 'canary-sk-7f3a91'

describe('createLogger', () => {
  it('writes the service, the event and its facts', () => {
    const { log, last } = capture()
    log.info('proxy-started', { port: 8080 })
    expect(last()).toMatchObject({ service: 'proxy', msg: 'proxy-started', port: 8080, level: 30 })
  })

  it('writes nothing below its level', () => {
    const { log, written } = capture('warn')
    log.debug('a')
    log.info('b')
    expect(written()).toBe('')
    log.warn('c')
    log.error('d')
    expect(written().trimEnd().split('\n')).toHaveLength(2)
  })
})

describe('a secret that was logged by mistake', () => {
  it.each(['authorization', 'password', 'secret', 'token', 'key', 'apiKey', 'cookie', 'prompt', 'messages'])(
    'is redacted under %s, at any depth',
    (name) => {
      const { log, last, written } = capture()
      log.error('call-failed', {
        [name]: CANARY,
        request: { [name]: CANARY },
        deep: { er: { and: { deeper: { [name]: { value: CANARY } } } } },
        list: [{ [name]: [CANARY] }],
      })
      expect(written()).not.toContain(CANARY)
      expect(last()[name]).toBe('[redacted]')
    },
  )

  it.each(['Authorization', 'COOKIE', 'set-cookie', 'x-api-key', 'api_key', 'x-goog-api-key', 'APIKEY'])(
    'is redacted under %s, as headers are written',
    (name) => {
      const { log, written } = capture()
      log.warn('upstream-refused', { headers: { [name]: CANARY } })
      expect(written()).toContain('[redacted]')
      expect(written()).not.toContain(CANARY)
    },
  )

  it('does not take harmless neighbours with it', () => {
    const { log, last } = capture()
    const facts = { keyId: 'k1', tokens: 7, subject: 'Reset your password', list: [1, 'two', null], at: new Date(0) }
    log.info('mail-sent', facts)
    expect(last()).toMatchObject({ ...facts, at: '1970-01-01T00:00:00.000Z' })
  })

  it('leaves the facts themselves as they were', () => {
    const { log } = capture()
    const facts = { headers: { authorization: CANARY } }
    log.info('x', facts)
    expect(facts.headers.authorization).toBe(CANARY)
  })
})

describe('a log line', () => {
  it.each(['\n', '\r', '\r\n', '\u2028', '\u0000'])('cannot be forged with %j', (lineEnd) => {
    const { log, written, last } = capture()
    const forged = `x${lineEnd}{"level":60,"msg":"forged"}`
    log.info(forged, { model: forged, [forged]: 1 })
    expect(written().match(/[\r\n]/g)).toEqual(['\n'])
    expect(last()).toMatchObject({ level: 30, msg: forged, model: forged })
  })

  it('is written even when its facts hold themselves or go on for ever', () => {
    const { log, last } = capture()
    const facts: Record<string, unknown> = { name: 'loop' }
    facts['self'] = facts
    log.error('loop-logged', facts)
    expect(last()).toMatchObject({ msg: 'loop-logged', name: 'loop' })
  })
})
