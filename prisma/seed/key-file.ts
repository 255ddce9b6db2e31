import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** A key's text is nowhere in the database, so this file is the only place a person can read it again. */
export interface SeededLogin {
  readonly email: string
  readonly password: string
  readonly key: string
  /** Slug of the organization. */
  readonly org: string
}

/** The file as it was written for this organization; null when there is none. */
export const readKeyFile = (file: string, slug: string): SeededLogin | null => {
  if (!existsSync(file)) return null
  const login = JSON.parse(readFileSync(file, 'utf8')) as SeededLogin
  return login.org === slug ? login : null
}

export const writeKeyFile = (file: string, login: SeededLogin): void => {
  writeFileSync(file, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 })
}
