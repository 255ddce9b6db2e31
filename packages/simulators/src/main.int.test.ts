import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { afterAll, expect, test } from 'vitest'

import { readBooksFile } from './books.ts'

const folder = mkdtempSync(join(tmpdir(), 'simulators-'))
afterAll(() => rmSync(folder, { recursive: true }))

// On a busy machine a process takes its time to start.
const TIMEOUT_MS = 60_000

const run = (environment: Record<string, string>) =>
  spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })

test(
  'the process says when it is ready, keeps its books in the file, and stops on SIGTERM',
  async () => {
    const booksFile = join(folder, 'books.jsonl')
    const child = run({
      SIMULATORS_PORT: '0',
      SMTP_PORT: '0',
      BOOKS_FILE: booksFile,
      INSTANCE_ID: 'i-1',
      TOKEN_DELAY_MS: '0',
    })
    const ready = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
    const { port } = JSON.parse(String(ready.value)) as { port: number }
    await fetch(`http://127.0.0.1:${port}/ollama/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
    })
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(readBooksFile(booksFile)).toMatchObject([{ provider: 'ollama', ending: 'complete' }])
  },
  TIMEOUT_MS,
)

test(
  'wrong settings are all named at once',
  async () => {
    const child = run({ SIMULATORS_PORT: 'x', TOKEN_DELAY_MS: '-1' })
    let said = ''
    child.stderr.on('data', (part: Buffer) => {
      said += part.toString()
    })
    const [code] = (await once(child, 'close')) as [number]
    expect(code).not.toBe(0)
    expect(said).toContain('SIMULATORS_PORT')
    expect(said).toContain('TOKEN_DELAY_MS')
  },
  TIMEOUT_MS,
)
