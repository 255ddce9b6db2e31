import { parentPort } from 'node:worker_threads'
import { doLargeJob, packError, type LargeJob, type LargeResult } from './jobs.ts'

if (parentPort === null) throw new Error('this module is the body of a worker thread')
const port = parentPort

port.on('message', (job: LargeJob) => {
  try {
    const result = doLargeJob(job)
    port.postMessage({ result }, listMoved(result))
  } catch (error) {
    port.postMessage({ error: packError(error) })
  }
})

/** What the answer hands over; shared memory stays with both threads. */
const listMoved = (result: LargeResult): readonly ArrayBuffer[] => {
  const bytes = 'pieces' in result ? result.pieces : 'body' in result && result.body !== null ? [result.body] : []
  return bytes.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer)
}
