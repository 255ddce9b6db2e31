// Preloaded into a process of a whole-system run. What is wrong with its machine stands in the query of this module's URL: the clock is off by
// `skew` milliseconds, and the disk under the folder `journal` is full while the file `flag` exists.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const wrong = new URL(import.meta.url).searchParams
const skewMs = Number(wrong.get('skew') ?? '0')
if (skewMs !== 0) {
  const RealDate = Date
  const now = () => RealDate.now() + skewMs
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values) => (values.length === 0 ? new target(now()) : Reflect.construct(target, values)),
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}

const flag = wrong.get('flag') ?? ''
const journal = wrong.get('journal') ?? ''
if (flag !== '' && journal !== '') {
  const { openSync, writeSync } = fs
  const descriptors = new Set()
  fs.openSync = (path, ...rest) => {
    const descriptor = openSync(path, ...rest)
    if (String(path).startsWith(journal)) descriptors.add(descriptor)
    else descriptors.delete(descriptor)
    return descriptor
  }
  fs.writeSync = (descriptor, ...rest) => {
    if (descriptors.has(descriptor) && fs.existsSync(flag))
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    return Reflect.apply(writeSync, fs, [descriptor, ...rest])
  }
  syncBuiltinESMExports()
}
