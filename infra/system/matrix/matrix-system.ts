import { startSimulators } from '@atpar/simulators/start'
import { startSystem, type RunningSystem, type SystemOptions } from '../start-system.ts'
import { createTenant } from '../tenant.ts'
import type { Stage } from './exchange.ts'
import { startRecordingWire } from './recording-wire.ts'

export interface MatrixSystem extends Stage {
  readonly system: RunningSystem
  stop(): Promise<void>
}

/** One system for every square: a proxy, the simulators, and a wire between them that remembers. */
export const startMatrixSystem = async (
  options: (wireUrl: string) => SystemOptions = () => ({}),
): Promise<MatrixSystem> => {
  const simulators = await startSimulators({ tokenDelayMs: 0 })
  const wire = await startRecordingWire(simulators.url)
  const system = await startSystem({ ...options(wire.url), upstreamUrl: wire.url })
  const { key } = await createTenant(system.owner, { name: 'matrix' })
  return {
    system,
    simulators,
    wire,
    key,
    proxyUrl: system.proxyUrls[0] ?? '',
    stop: async () => {
      await system.stop()
      await wire.close()
      await simulators.close()
    },
  }
}
