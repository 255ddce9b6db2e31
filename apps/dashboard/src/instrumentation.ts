/** Next calls this once, when a server starts, and never while building. */
export const register = async (): Promise<void> => {
  // oxlint-disable-next-line node/no-process-env -- Written out, so that the bundler drops the import from what it makes for the edge runtime.
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { appendPeerHop } = await import('./peer-hop.ts')
  appendPeerHop()
  const { prepareToServe } = await import('./boot.ts')
  await prepareToServe()
}
