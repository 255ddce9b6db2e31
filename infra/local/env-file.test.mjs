import { describe, expect, it } from 'vitest'
import { parseEnvFile } from './env-file.mjs'

describe('parseEnvFile', () => {
  it.each([
    ['NAME=value', { NAME: 'value' }],
    ['  export NAME = value  ', { NAME: 'value' }],
    ['NAME=value # why', { NAME: 'value' }],
    ['NAME="a # b"  # why', { NAME: 'a # b' }],
    [String.raw`NAME="a\nb"`, { NAME: 'a\nb' }],
    [String.raw`NAME='a\nb'`, { NAME: String.raw`a\nb` }],
    ['NAME=pa$$word', { NAME: 'pa$$word' }],
    ['NAME=', { NAME: '' }],
    ['# NAME=value\r\n\r\nOTHER=x\r\n', { OTHER: 'x' }],
    ['URL=postgres://u:p@h/d?a=b', { URL: 'postgres://u:p@h/d?a=b' }],
  ])('reads %j', (text, values) => {
    expect(parseEnvFile(text)).toEqual({ values, problems: [] })
  })

  it('names every line that is not NAME=value and reads the others', () => {
    expect(parseEnvFile('just words\nNAME=value\n=x')).toEqual({
      values: { NAME: 'value' },
      problems: ['line 1 is not NAME=value', 'line 3 is not NAME=value'],
    })
  })
})
