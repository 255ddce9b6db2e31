import { listKeys } from '@atpar/db/api-keys'
import { listCatalogue } from '@atpar/db/catalogue'
import { listRequests, type RequestSummary } from '@atpar/db/requests'
import type { Visit } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { readTenant } from '../../tenant-read.ts'

export interface StartView {
  readonly hasKeys: boolean
  readonly newestRequest: RequestSummary | null
  /** There was none before it. */
  readonly isFirst: boolean
}

export const readStart = (visit: Visit): Promise<StartView> =>
  readTenant(visit.tenant, async ({ tx, atMs }) => {
    const keys = await listKeys(tx, visit.orgId, { atMs, memberId: visit.memberId })
    const [newest, older] = await listRequests(tx, visit.orgId, { limit: 2 })
    return {
      hasKeys: keys.some((key) => key.status === 'active'),
      newestRequest: newest ?? null,
      isFirst: older === undefined,
    }
  })

const FAMILIAR = 'gpt-4o-mini'

/** A model for the first call: a familiar one if the catalogue has it, else any with a price. */
export const readExampleModel = async (): Promise<string> => {
  const priced = (await listCatalogue(readDeps().db)).filter((model) =>
    model.offerings.some((offering) => offering.rates !== null),
  )
  return (priced.find((model) => model.id === FAMILIAR) ?? priced[0])?.id ?? FAMILIAR
}
