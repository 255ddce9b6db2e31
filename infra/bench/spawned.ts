import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A helper process of the bench that says where it listens. */
export interface Spawned {
  readonly pid: number
  readonly origin: string
  stop(): Promise<void>
}

interface SpawnOptions {
  readonly parameters?: readonly string[]
  /** All that it sees. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a script of this folder and waits for its `{"ready":true,"port":…}` line. It ends with `stop`, or when this process does. */
export const spawnServer = (script: URL, { parameters = [], env = {} }: SpawnOptions = {}): Promise<Spawned> =>
  new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [script.pathname, ...parameters], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { NODE_ENV: 'production', ...env },
    })
    const { pid, stdout } = child
    if (pid === undefined || stdout === null) {
      reject(new Error(`${script.pathname} could not be started`))
      return
    }
    const ended = new Promise<void>((done) => child.once('exit', () => done()))
    const killWithParent = (): void => {
      child.kill('SIGKILL')
    }
    process.once('exit', killWithParent)
    createInterface({ input: stdout }).once('line', (line) => {
      const { port } = JSON.parse(line) as { port: number }
      resolve({
        pid,
        origin: `http://127.0.0.1:${port}`,
        stop: async () => {
          process.removeListener('exit', killWithParent)
          child.kill('SIGTERM')
          await ended
        },
      })
    })
    child.once('exit', (code) => reject(new Error(`${script.pathname} ended with ${code} before it was ready`)))
  })
