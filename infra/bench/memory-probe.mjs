import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Loaded into a process whose memory is measured: on SIGUSR2 it collects garbage and writes what is left. Nothing else knows what is garbage.
setFlagsFromString('--expose-gc')
const file = new URL(import.meta.url).searchParams.get('file') ?? ''
const collectGarbage = runInNewContext('gc')
process.on('SIGUSR2', () => {
  collectGarbage()
  writeFileSync(file, JSON.stringify(process.memoryUsage()))
})
