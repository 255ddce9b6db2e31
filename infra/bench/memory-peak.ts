const EVERY_MS = 100
const MEGABYTE = 2 ** 20

/** How much memory this process held at most while `work` ran, beyond what it held before; in megabytes. */
export const withPeakMemory = async <T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly peakMegabytes: number }> => {
  const before = process.memoryUsage.rss()
  let most = before
  const look = (): void => {
    most = Math.max(most, process.memoryUsage.rss())
  }
  const timer = setInterval(look, EVERY_MS)
  try {
    const result = await work()
    look()
    return { result, peakMegabytes: Math.round((most - before) / MEGABYTE) }
  } finally {
    clearInterval(timer)
  }
}
