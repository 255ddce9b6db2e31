import { Client } from 'pg'

/** Makes a person one of the platform's staff, or takes that from them. No service may: it takes the owner of the tables. */
export const appointOperator = async (options: {
  readonly ownerUrl: string
  readonly email: string
  readonly isOperator: boolean
}): Promise<string> => {
  const client = new Client({ connectionString: options.ownerUrl, application_name: 'atpar-operator' })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('SET LOCAL ROLE atpar_definer')
    const found = await client.query<{ id: string; name: string }>(
      'SELECT id, name FROM app_user WHERE email = lower($1) AND deleted_at IS NULL',
      [options.email],
    )
    await client.query('RESET ROLE')
    const [person] = found.rows
    if (person === undefined) throw new Error(`Nobody here has the address ${options.email}.`)
    await client.query(`SELECT set_config('atpar.user_id', $1, true)`, [person.id])
    await client.query('UPDATE app_user SET is_operator = $2 WHERE id = $1', [person.id, options.isOperator])
    await client.query('COMMIT')
    return person.name
  } finally {
    await client.end()
  }
}
