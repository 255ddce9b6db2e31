import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findRandomPort } from '@atpar/tooling/ports'

/** A peer gateway, started from its npm package in a folder of its own: it is no dependency of ours and the bench runs without it. */
export interface Peer {
  readonly pid: number
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  stop(): Promise<void>
}

const PACKAGE = '@portkey-ai/gateway@1.15.2'
const FOLDER = join(tmpdir(), 'atpar-bench-portkey')
const ENTRY = join(FOLDER, 'node_modules/@portkey-ai/gateway/build/start-server.js')

/** Null when it cannot be installed. */
export const startPortkey = async (upstreamOrigin: string): Promise<Peer | null> => {
  if (!existsSync(ENTRY)) {
    try {
      await promisify(execFile)(
        'npm',
        ['install', '--prefix', FOLDER, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', PACKAGE],
        { timeout: 180_000 },
      )
    } catch {
      // No registry, no peer: the report says so.
      return null
    }
  }
  if (!existsSync(ENTRY)) return null
  const port = await findRandomPort()
  const child = spawn(process.execPath, [ENTRY, `--port=${port}`, '--headless'], {
    stdio: 'ignore',
    env: { ...childEnvironment(), PORT: String(port), NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1' },
  })
  const { pid } = child
  if (pid === undefined) return null
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const killWithParent = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', killWithParent)
  const stop = async (): Promise<void> => {
    process.removeListener('exit', killWithParent)
    child.kill('SIGKILL')
    await ended
  }
  const peer: Peer = {
    pid,
    origin: `http://127.0.0.1:${port}`,
    headers: {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstreamOrigin}/v1`,
      authorization: 'Bearer bench',
    },
    stop,
  }
  for (let attempt = 0; attempt < 50; attempt += 1) {
    await sleep(200)
    try {
      const answer = await fetch(`${peer.origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...peer.headers },
        body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] }),
      })
      if (answer.ok) return peer
    } catch {
      // Not listening yet.
    }
  }
  await stop()
  return null
}

const childEnvironment = (): Readonly<Record<string, string>> => ({ PATH: '/usr/bin:/bin', HOME: FOLDER })
