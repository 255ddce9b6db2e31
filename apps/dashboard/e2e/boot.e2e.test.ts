import { expect, test } from 'vitest'
import { startDashboard } from '../test/start-dashboard.ts'

test('a dashboard whose database role could pass by the policies does not start', { timeout: 120_000 }, async () => {
  const safe = await startDashboard('empty')
  const { rows } = await safe.pool.query<{ name: string }>('SELECT current_user AS name')
  await expect(startDashboard('empty', { DATABASE_URL_APP: safe.ownerUrl })).rejects.toThrow(
    `Database role ${rows[0]?.name} bypasses row-level security`,
  )
  await safe.stop()
})
