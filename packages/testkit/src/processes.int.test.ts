import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRandomPort } from '@atpar/tooling/ports'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProcess } from './processes.ts'

const SERVICE = `
import { createServer } from 'node:http'
process.on('SIGTERM', () => process.exit(7))
createServer((request, response) => response.end(process.env.GREETING)).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'))
`

describe('startProcess', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'atpar-process-'))
    writeFileSync(join(folder, 'service.mjs'), SERVICE)
    writeFileSync(join(folder, 'broken.mjs'), "console.error('no port given'); process.exit(1)")
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('resolves once healthy, survives kill9 by a restart, and reports how it ended', async () => {
    const port = await findRandomPort()
    const url = `http://127.0.0.1:${port}/`
    const service = await startProcess({
      name: 'service',
      parameters: ['service.mjs'],
      cwd: folder,
      env: { PORT: String(port), GREETING: 'hello' },
      healthUrl: url,
    })
    expect(await (await fetch(url)).text()).toBe('hello')
    const first = service.pid()
    await service.kill9()
    expect(service.isRunning()).toBe(false)
    await expect(fetch(url)).rejects.toThrow()
    await service.restart()
    expect(service.pid()).not.toBe(first)
    expect(service.output()).toBe('listening\nlistening\n')
    expect(await service.stop()).toBe(7)
  })

  it('fails with what the process printed when it dies before it is healthy', async () => {
    const plan = { name: 'broken', parameters: ['broken.mjs'], cwd: folder, env: {}, healthUrl: 'http://127.0.0.1:9/' }
    await expect(startProcess(plan)).rejects.toThrow('no port given')
  })
})
