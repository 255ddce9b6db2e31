import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './postgres.ts'

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}

describe('createTestDatabase', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
  }, 60_000)
  afterAll(() => database.drop())

  it('is UTF-8 and has every migration applied', async () => {
    const [encoding] = await query(database.ownerUrl, "SELECT current_setting('server_encoding') AS encoding")
    expect(encoding).toEqual({ encoding: 'UTF8' })
    const applied = await query(database.ownerUrl, 'SELECT 1 FROM _prisma_migrations WHERE finished_at IS NOT NULL')
    expect(applied.length).toBeGreaterThan(0)
  })

  it.each(['app', 'gateway', 'shipper', 'worker'] as const)(
    'lets the %s role in by its derived password',
    async (role) => {
      expect(await query(database.urlFor(role), 'SELECT current_user AS me')).toEqual([{ me: `atpar_${role}` }])
    },
  )

  it('shares nothing with another test database', async () => {
    const other = await createTestDatabase()
    await query(other.ownerUrl, 'CREATE TABLE only_there (n int)')
    await expect(query(database.ownerUrl, 'SELECT * FROM only_there')).rejects.toThrow('does not exist')
    await other.drop()
    await expect(query(other.ownerUrl, 'SELECT 1')).rejects.toThrow('does not exist')
  })
})
