import { proposeTodaysPrices } from '@atpar/prisma/seed-catalogue'
import type { Deps } from '../deps.ts'

/** A price that starts on a known day is proposed on that day, and what somebody changed by hand shows. Nothing comes into force by it. */
export const proposePrices = async ({ pool, log }: Deps): Promise<void> => {
  const client = await pool.connect()
  try {
    const filed = await proposeTodaysPrices(client, 'nightly')
    if (filed?.isNew === true)
      log.warn('prices-proposed', {
        proposalId: filed.proposalId,
        changes: filed.lines.length,
        needPerson: filed.lines.filter(({ needsPerson }) => needsPerson).length,
      })
  } finally {
    client.release()
  }
}
