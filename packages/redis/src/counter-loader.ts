import type { BudgetCounter } from '@atpar/core/quota'
import type { QuotaLog, RebuildSources } from './quota-contract.ts'
import { countedOf, counterKey } from './quota-keys.ts'
import { writeInit } from './quota-operations.ts'
import type { QuotaTransport } from './quota-transport.ts'

export interface Need {
  readonly epoch: string
  readonly counters: readonly BudgetCounter[]
}

interface LoaderDeps {
  readonly transport: QuotaTransport
  readonly readUsed: RebuildSources['readUsed']
  readonly log: QuotaLog
}

/** Sets counters that this epoch has not met from Postgres; false when that did not work. Single-flight: a thousand first requests of a month are one query. */
export const createCounterLoader = (deps: LoaderDeps): ((orgId: string, need: Need) => Promise<boolean>) => {
  const loads = new Map<string, Promise<boolean>>()

  const load = async (orgId: string, { epoch, counters }: Need): Promise<boolean> => {
    try {
      // Nothing open mentions these counters, or this epoch would know them: Postgres alone has the whole sum.
      const used = await deps.readUsed(orgId, counters, { requestIds: [], leases: [] })
      const starts = counters.map((counter) => {
        const sum = used.get(counterKey(counter))
        if (sum === undefined)
          throw new Error(`readUsed says nothing about ${counterKey(counter)}; unknown is not zero`)
        return { counter, used: countedOf(counter, sum) }
      })
      const answer = await deps.transport.ask(orgId, (args) => writeInit(args, epoch, starts))
      return answer.kind === 'reply'
    } catch (error) {
      deps.log('quota-counter-not-loaded', { orgId, error })
      return false
    }
  }

  return (orgId, need) => {
    const id = `${orgId} ${need.epoch} ${need.counters.map(counterKey).join(' ')}`
    const running = loads.get(id)
    if (running !== undefined) return running
    const started = load(orgId, need).finally(() => loads.delete(id))
    loads.set(id, started)
    return started
  }
}
