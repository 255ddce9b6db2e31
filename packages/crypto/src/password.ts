import { hash, verify } from '@node-rs/argon2'

/** The package declares its algorithms as a const enum, which type stripping cannot read. */
const ARGON2ID = 2

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const COST = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const MIN_PASSWORD_LENGTH = 10
/** Long enough for any passphrase; without a bound a megabyte of password would be a cheap way to keep a core busy. */
export const MAX_PASSWORD_LENGTH = 200

export const isPasswordLengthValid = (password: string): boolean =>
  password.length >= MIN_PASSWORD_LENGTH && password.length <= MAX_PASSWORD_LENGTH

/** @throws RangeError outside the bounds; forms check with `isPasswordLengthValid` first. */
export const hashPassword = (password: string): Promise<string> => {
  if (!isPasswordLengthValid(password)) {
    throw new RangeError(`a password has ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`)
  }
  return hash(password.normalize('NFKC'), COST)
}

/** Hash of nothing anyone can type, so that an unknown e-mail takes as long as a wrong password. */
let nobodysHash: Promise<string> | undefined

/** False for a wrong password and for a null hash (no such login), after the same time. */
export const verifyPassword = async (passwordHash: string | null, password: string): Promise<boolean> => {
  const candidate = password.slice(0, MAX_PASSWORD_LENGTH + 1).normalize('NFKC')
  nobodysHash ??= hash(crypto.getRandomValues(new Uint8Array(32)), COST)
  const matches = await verify(passwordHash ?? (await nobodysHash), candidate)
  return matches && passwordHash !== null && password.length <= MAX_PASSWORD_LENGTH
}
