import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * V8's own collector, for a thread that is idle between jobs: by itself it collects when it allocates, and until then its views keep the shared
 * memory of every body that it read. Node shows it only to who asks in this way.
 */
export const findCollector = (): (() => void) => {
  setFlagsFromString('--expose-gc')
  const collector: unknown = runInNewContext('gc')
  if (typeof collector !== 'function') throw new TypeError('V8 shows no collector')
  return () => {
    Reflect.apply(collector, undefined, [])
  }
}
