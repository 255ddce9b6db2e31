import { revokeKeyAct } from './keys/revoke-key.ts'

/** Every act there is: what the authorization matrix walks. An act that is missing here fails a test. */
export const ACTS = [revokeKeyAct] as const
