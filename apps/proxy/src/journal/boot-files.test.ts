import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createBootFolder, judgeProcess, readBootMark, type BootMark } from './boot-files.ts'

const ownMark = (): BootMark => {
  const directory = mkdtempSync(join(tmpdir(), 'atpar-boot-'))
  try {
    const mark = readBootMark(createBootFolder({ directory, proxyId: 'proxy-1', bootId: 'a-boot', pid: process.pid }))
    if (mark === null) throw new Error('The boot has no mark.')
    return mark
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

describe('judgeProcess', () => {
  it('knows a running process', () => {
    expect(ownMark().host).toBe(hostname())
    expect(judgeProcess(ownMark())).toBe('alive')
  })

  it('is not fooled by a pid that was given out again', () => {
    expect(judgeProcess({ ...ownMark(), processStart: '1' })).toBe('gone')
  })

  it('takes a boot from before the machine was started anew for over', () => {
    expect(judgeProcess({ ...ownMark(), machineBoot: 'an earlier one' })).toBe('gone')
  })

  it('never judges a process of another machine or container', () => {
    expect(judgeProcess({ ...ownMark(), host: 'elsewhere', machineBoot: 'theirs', processStart: '1' })).toBe('unknown')
    expect(judgeProcess({ ...ownMark(), pidNamespace: 'pid:[1]', processStart: '1' })).toBe('unknown')
  })
})
