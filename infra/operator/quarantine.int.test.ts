import { pusd } from '@atpar/core/money'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { buildUsageEvent } from '@atpar/testkit/usage-events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runQuarantineCommand } from './quarantine.ts'

let database: TestDatabase
let pool: Pool
beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ url: database.urlFor('worker'), max: 2, applicationName: 'test-operator' })
}, 60_000)
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const operate = async (...parameters: string[]): Promise<{ readonly done: boolean; readonly output: string }> => {
  const lines: string[] = []
  const done = await runQuarantineCommand({ pool, parameters, print: (line) => lines.push(line) })
  return { done, output: lines.join('\n') }
}

const waitingIds = async (): Promise<readonly string[]> =>
  (await pool.query<{ id: string }>('SELECT id FROM usage_quarantine WHERE resolved_at IS NULL')).rows.map(
    ({ id }) => id,
  )

describe('a usage record that cannot be stored', () => {
  it('keeps no other from being stored, is listed, and can be tried again or left for good', async () => {
    const good = [buildUsageEvent(), buildUsageEvent()]
    // Billed and absorbed do not make up its cost.
    const poison = buildUsageEvent({ billedPusd: pusd(5n), costPusd: pusd(7n) })
    const stored = await ingestUsageEvents(pool, { events: [...good, poison] })
    expect(stored).toEqual({ inserted: 2, quarantined: 1 })

    const listed = await operate('list')
    expect(listed.output).toContain(poison.requestId)
    const [id = ''] = await waitingIds()
    expect((await operate('replay', id)).output).toContain('refused again')

    const [second = ''] = await waitingIds()
    expect(second).not.toBe(id)
    await pool.query(
      `UPDATE usage_quarantine SET raw = replace(raw, '"costPusd":"7"', '"costPusd":"5"') WHERE id = $1`,
      [second],
    )
    expect(await operate('replay', second)).toMatchObject({ done: true, output: expect.stringContaining('Stored') })
    expect((await operate()).output).toBe('Nothing is in quarantine.')
    await expect(operate('resolve', second)).rejects.toThrow('No unresolved record')
  })
})
