import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from './settings.mjs'

describe('readSettings', () => {
  /** @type {string} */
  let folder
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'atpar-settings-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** @param {string} text */
  const file = (text) => {
    const path = join(folder, '.env')
    writeFileSync(path, text)
    return path
  }

  it('lets the environment overrule the file', () => {
    const { values } = readSettings({ PROXY_PORT: '9000' }, file('PROXY_PORT=8000\nDASHBOARD_PORT=3100\n'))
    expect(values).toEqual({ PROXY_PORT: '9000', DASHBOARD_PORT: '3100' })
  })

  it('takes an empty line of the example for not set', () => {
    expect(readSettings({}, file('OPENAI_API_KEY=\n')).values).toEqual({})
  })

  it('tells all mistakes of the file in one failure', () => {
    expect(() => readSettings({}, file('nonsense\nPROXY_PORT=x\nLOG_LEVEL=y\n'))).toThrow(
      /line 1[^]*PROXY_PORT[^]*LOG_LEVEL/,
    )
  })
})
