// Preloaded into a process of a whole-system run: its machine's clock is wrong by CLOCK_SKEW_MS, and its journal's disk is full while the
// file FULL_DISK_FLAG exists.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const skewMs = Number(process.env['CLOCK_SKEW_MS'] ?? '0')
if (skewMs !== 0) {
  const RealDate = Date
  const now = () => RealDate.now() + skewMs
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values) => (values.length === 0 ? new target(now()) : Reflect.construct(target, values)),
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}

const flag = process.env['FULL_DISK_FLAG'] ?? ''
const journal = process.env['JOURNAL_DIR'] ?? ''
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
