import { createHash, randomBytes } from 'node:crypto'

const TOKEN_BYTES = 32

/** 256 random bits as base64url: session cookies, invitation and mail links. */
export const generateToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url')

/** What is stored of a token. Plain SHA-256 is enough: unlike a password it has nothing to guess. */
export const hashToken = (token: string): Uint8Array => createHash('sha256').update(token).digest()
