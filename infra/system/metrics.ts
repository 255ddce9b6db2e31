import type { RunningSystem } from './start-system.ts'

/** One sample of `/metrics`, summed over the proxies that answer; a sample nobody has is 0. */
export const readMetric = async (system: Pick<RunningSystem, 'proxyUrls'>, name: string): Promise<number> => {
  let sum = 0
  for (const url of system.proxyUrls) {
    const text = await (await fetch(`${url}/metrics`)).text()
    const line = text.split('\n').find((each) => each.startsWith(`${name} `))
    sum += Number(line?.slice(name.length + 1) ?? '0')
  }
  return sum
}
