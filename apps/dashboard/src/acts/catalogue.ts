import { revokeKeyAct } from './keys/revoke-key.ts'
import { readOrganizationAct } from './organization/read-organization.ts'
import { updateOrganizationAct } from './organization/update-organization.ts'

/** Every act there is: what the authorization matrix walks. An act that is missing here fails a test. */
export const ACTS = [revokeKeyAct, readOrganizationAct, updateOrganizationAct] as const
