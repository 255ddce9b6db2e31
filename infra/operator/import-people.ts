import type { Client } from 'pg'

interface Person {
  readonly id: string
  readonly email: string
  readonly name: string
}

const findByEmail = async (client: Client, email: string): Promise<string | null> => {
  // The role that serves log-ins sees every person; the owner of the tables, held by row-level security, none.
  await client.query('SET LOCAL ROLE atpar_definer')
  const { rows } = await client.query<{ id: string }>('SELECT id FROM app_user WHERE email = lower($1)', [email])
  await client.query('RESET ROLE')
  return rows[0]?.id ?? null
}

const create = async (client: Client, person: Person): Promise<string> => {
  const add = (id: string) =>
    client.query('INSERT INTO app_user (id, email, name) VALUES ($1, lower($2), $3) ON CONFLICT (id) DO NOTHING', [
      id,
      person.email,
      person.name,
    ])
  await client.query(`SELECT set_config('atpar.user_id', $1, true)`, [person.id])
  if ((await add(person.id)).rowCount === 1) return person.id
  // Somebody else has this id here.
  const { rows } = await client.query<{ id: string }>('SELECT new_uuid_v7() AS id')
  const id = rows[0]?.id ?? ''
  await client.query(`SELECT set_config('atpar.user_id', $1, true)`, [id])
  await add(id)
  return id
}

/** Who is who: by e-mail, else made without a password, to be set by a reset. Keeps `import_person (there, here)` for the rest of the transaction. */
export const matchPeople = async (
  client: Client,
  lines: readonly string[],
): Promise<{ readonly matched: number; readonly created: number }> => {
  await client.query(
    'CREATE TEMPORARY TABLE IF NOT EXISTS import_person (there uuid PRIMARY KEY, here uuid NOT NULL) ON COMMIT DROP',
  )
  let matched = 0
  for (const line of lines) {
    const person = JSON.parse(line) as Person
    const known = await findByEmail(client, person.email)
    if (known !== null) matched += 1
    await client.query('INSERT INTO import_person (there, here) VALUES ($1, $2)', [
      person.id,
      known ?? (await create(client, person)),
    ])
  }
  return { matched, created: lines.length - matched }
}
