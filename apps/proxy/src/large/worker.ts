import { parentPort } from 'node:worker_threads'
import { findCollector } from './collect-garbage.ts'
import { doLargeJob, packError, type LargeJob, type LargeResult } from './jobs.ts'

if (parentPort === null) throw new Error('this module is the body of a worker thread')
const port = parentPort
const collectGarbage = findCollector()

/** Bodies that a thread may leave as garbage before it collects it, all together. */
const MOST_LEFT_BYTES = 8 * 1024 * 1024
let leftBytes = 0

port.on('message', (job: LargeJob) => {
  try {
    const result = doLargeJob(job)
    port.postMessage({ result }, listMoved(result))
  } catch (error) {
    port.postMessage({ error: packError(error) })
  }
  // Whoever waits for the answer has it already.
  leftBytes += bytesOf(job)
  if (leftBytes < MOST_LEFT_BYTES) return
  leftBytes = 0
  setImmediate(collectGarbage)
})

const bytesOf = (job: LargeJob): number => job.bytes.length + (job.kind === 'read-answer' ? job.wish.answer.length : 0)

/** What the answer hands over; shared memory stays with both threads. */
const listMoved = (result: LargeResult): readonly ArrayBuffer[] => {
  const bytes = 'pieces' in result ? result.pieces : 'body' in result && result.body !== null ? [result.body] : []
  return bytes.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer)
}
