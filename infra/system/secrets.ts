/** Secrets of throw-away installations. They protect nothing. */
export const PEPPER = { id: 'sys1', secret: Buffer.alloc(32, 7) }
export const KEY_PEPPERS = `${PEPPER.id}:${PEPPER.secret.toString('hex')}`
