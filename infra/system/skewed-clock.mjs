// Preloaded into a process of a whole-system run: its machine's clock is wrong by CLOCK_SKEW_MS.
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
