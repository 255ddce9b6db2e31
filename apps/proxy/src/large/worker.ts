import { parentPort } from 'node:worker_threads'
import { doLargeJob, packError, type LargeJob } from './jobs.ts'

if (parentPort === null) throw new Error('this module is the body of a worker thread')
const port = parentPort

port.on('message', (job: LargeJob) => {
  try {
    const result = doLargeJob(job)
    const moved = 'body' in result && result.body?.buffer instanceof ArrayBuffer ? [result.body.buffer] : []
    port.postMessage({ result }, moved)
  } catch (error) {
    port.postMessage({ error: packError(error) })
  }
})
