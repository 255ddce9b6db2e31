import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { countVariable, EnvError, portVariable, readEnv, switchVariable, urlVariable } from './read-env.ts'

const SHAPE = {
  PORT: portVariable(),
  DATABASE_URL: urlVariable('postgres:', 'postgresql:'),
  SIMULATION: switchVariable(),
  PROXY_PROCESSES: countVariable('a number of processes', 1, 64).default(1),
  SESSION_SECRET: z.string().min(32, 'expected at least 32 characters'),
}
const GOOD = {
  PORT: '8080',
  DATABASE_URL: 'postgresql://atpar@127.0.0.1:5432/atpar',
  SIMULATION: 'on',
  PROXY_PROCESSES: '2',
  SESSION_SECRET: 's'.repeat(32),
}

const problemsOf = (env: Readonly<Record<string, string | undefined>>): EnvError => {
  try {
    readEnv(SHAPE, env)
  } catch (error) {
    if (error instanceof EnvError) return error
    throw error
  }
  throw new Error('the environment was accepted')
}

describe('readEnv', () => {
  it('gives parsed values and nothing that was not asked for', () => {
    expect(readEnv(SHAPE, { ...GOOD, PATH: '/usr/bin', toString: 'x' })).toEqual({
      ...GOOD,
      PORT: 8080,
      PROXY_PROCESSES: 2,
    })
  })

  it('names every bad variable at once, in the order they are declared', () => {
    const { problems } = problemsOf({
      ...GOOD,
      PORT: '70000',
      DATABASE_URL: 'mysql://db',
      SIMULATION: 'maybe',
      SESSION_SECRET: 'short',
    })
    expect(problems).toEqual([
      { variable: 'PORT', problem: 'expected a port, a whole number from 0 to 65535' },
      { variable: 'DATABASE_URL', problem: 'expected a URL that starts with postgres:// or postgresql://' },
      { variable: 'SIMULATION', problem: 'expected on or off' },
      { variable: 'SESSION_SECRET', problem: 'expected at least 32 characters' },
    ])
  })

  it('says it in one message, a line per variable', () => {
    const { message } = problemsOf({ ...GOOD, PORT: 'x', SIMULATION: undefined })
    expect(message.split('\n')).toEqual([
      'The environment is not usable:',
      '  PORT: expected a port, a whole number from 0 to 65535',
      '  SIMULATION: is not set (expected on or off)',
    ])
  })

  it('never repeats a value, which may be a secret', () => {
    const secret = 'canary-7f3a'
    const error = problemsOf(Object.fromEntries(Object.keys(SHAPE).map((name) => [name, secret])))
    expect(error.problems).toHaveLength(5)
    expect(JSON.stringify(error.problems) + error.message + (error.stack ?? '')).not.toContain(secret)
  })

  it('counts empty text as unset', () => {
    expect(readEnv(SHAPE, { ...GOOD, PROXY_PROCESSES: '' }).PROXY_PROCESSES).toBe(1)
    expect(problemsOf({ ...GOOD, SESSION_SECRET: '' }).problems).toEqual([
      { variable: 'SESSION_SECRET', problem: expect.stringMatching(/^is not set/) },
    ])
  })
})

describe('numbers', () => {
  it.each(['0', '65535', '080'])('reads the port %s', (text) => {
    expect(portVariable().parse(text)).toBe(Number(text))
  })

  it.each(['65536', '-1', '1.5', '1e3', ' 80', '0x50', '9'.repeat(400), 'NaN'])('refuses the port %s', (text) => {
    expect(portVariable().safeParse(text).success).toBe(false)
  })

  it('keep both ends of their range', () => {
    const count = countVariable('a number of processes', 1, 64)
    expect(['0', '1', '64', '65'].map((text) => count.safeParse(text).success)).toEqual([false, true, true, false])
  })
})

describe('urlVariable', () => {
  it.each(['redis://127.0.0.1:6379', 'rediss://user:password@cache/0'])('takes %s', (text) => {
    expect(urlVariable('redis:', 'rediss:').parse(text)).toBe(text)
  })

  it.each(['127.0.0.1:6379', 'http://127.0.0.1', 'redis', 'redis:localhost:6379'])('refuses %s', (text) => {
    expect(urlVariable('redis:', 'rediss:').safeParse(text).success).toBe(false)
  })
})
