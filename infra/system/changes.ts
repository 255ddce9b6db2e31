import { setTimeout as sleep } from 'node:timers/promises'
import { playBudgetCall } from './budget-calls.ts'
import type { RunningSystem } from './start-system.ts'
import type { SeededTenant } from './tenant.ts'

/** How long until a change was in force on every proxy. */
export interface ChangeReport {
  readonly loweredMs: number
  readonly raisedMs: number
  readonly revokedMs: number
}

const PATIENCE_MS = 15_000

const waitForAll = async (system: RunningSystem, key: string, status: number): Promise<number> => {
  const from = performance.now()
  const directive = { tokens: 100 }
  for (const proxy of system.proxyUrls.keys()) {
    const call = {
      key,
      dialect: 'openai-chat',
      model: 'gpt-4o',
      stream: false,
      maxTokens: 100,
      directive,
      proxy,
    } as const
    while ((await playBudgetCall(system, call)).status !== status) {
      if (performance.now() - from > PATIENCE_MS) throw new Error(`never ${status} on proxy ${proxy}`)
      await sleep(50)
    }
  }
  return performance.now() - from
}

/** The key's budget of $0.50 lowered to nothing and raised again, then the key revoked: in Postgres alone, so that nothing but the poll tells the proxies. */
export const playChanges = async (system: RunningSystem, { key, keyId }: SeededTenant): Promise<ChangeReport> => {
  const setLimit = (limitPusd: string) =>
    system.owner.query(
      `UPDATE budget SET limit_pusd = $2, version = version + 1 WHERE scope = 'key' AND scope_id = $1`,
      [keyId, limitPusd],
    )
  await waitForAll(system, key, 200)
  await setLimit('1')
  const loweredMs = await waitForAll(system, key, 402)
  await setLimit('500000000000')
  const raisedMs = await waitForAll(system, key, 200)
  await system.owner.query(`UPDATE api_key SET status = 'revoked', revoked_at = now() WHERE id = $1`, [keyId])
  return { loweredMs, raisedMs, revokedMs: await waitForAll(system, key, 403) }
}
